package rpc

// unavailableError says that a node has no such method, in the words and with the code of JSON-RPC servers. For methods
// that belong to a namespace but not to this node.
type unavailableError string

func (e unavailableError) Error() string {
	return "the method " + string(e) + " does not exist/is not available"
}

// ErrorCode is that of JSON-RPC for a method that is not found.
func (e unavailableError) ErrorCode() int { return -32601 }

// badArgumentError refuses what a caller gave.
type badArgumentError string

func (e badArgumentError) Error() string { return string(e) }

// ErrorCode is that of JSON-RPC for invalid parameters.
func (e badArgumentError) ErrorCode() int { return -32602 }
