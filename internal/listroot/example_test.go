package listroot_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/internal/listroot"
)

func ExampleOf() {
	fmt.Println(listroot.Of([][]byte{}))
	fmt.Println(listroot.Of([][]byte{[]byte("first"), []byte("second")}))
	// Output:
	// 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421
	// 0x9a24107683ca4d502fa550f76557dd41fc98c1d602c1b63e1c0d0fbe626dc751
}
