package l1

import (
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// EndpointStatus is how an endpoint has served so far.
type EndpointStatus struct {
	Name     string            // its host, without what may be secret; with a number if it is not the first of that name
	Fault    eth.Fault         // what is wrong with it now; empty: it is in use, or could be
	Cause    string            // the last error, if Fault is set
	Since    time.Time         // when that began, if Fault is set
	Until    time.Time         // until when others are asked first, if Fault is set
	Requests map[string]uint64 // sent, by method or route, since the process began
	Failures uint64            // requests that gave no usable answer
}
