package l1

import "github.com/cairn-rollup/cairn/eth"

// EndpointStatus is how an endpoint has served so far.
type EndpointStatus struct {
	Name     string            // its host, without what may be secret
	Fault    eth.Fault         // what is wrong with it now; empty: it is in use, or could be
	Cause    string            // the last error, if Fault is set
	Requests map[string]uint64 // sent, by method or route, since the process began
	Failures uint64            // requests that gave no usable answer
}
