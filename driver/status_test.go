package driver_test

import (
	"testing"

	"github.com/cairn-rollup/cairn/driver"
)

func TestNeedNames(t *testing.T) {
	names := driver.Spent{}.ByName()
	for need := range driver.Need(len(driver.Spent{})) {
		if _, ok := names[need.String()]; !ok || need.String() == "" {
			t.Errorf("need %d is %q, none of %v", uint8(need), need, names)
		}
	}
	for need, want := range map[driver.Need]string{driver.NeedNothing: "nothing", driver.NeedDisk: "disk", driver.NeedDisk + 1: "need-7", 255: "need-255"} {
		if got := need.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
