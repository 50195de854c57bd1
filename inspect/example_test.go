package inspect_test

import (
	"fmt"
	"os"

	"github.com/cairn-rollup/cairn/inspect"
)

func Example() {
	in, err := inspect.Read([]byte("0x00c0ffee00000000000000000000000000000000000003abcdef01"))
	if err != nil {
		fmt.Println(err)
		return
	}
	item, err := inspect.ReadItem(in, inspect.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := item.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// item            27 bytes, 1 frame
	//
	//   FRAME  CHANNEL                           AT BYTE  BYTES  LAST
	//   0      c0ffee00000000000000000000000000  1        3      yes
}
