package rpc

import "context"

// Cairn is the cairn_ namespace: what a node knows beyond op-node's methods. Each function gives any value that JSON can
// hold, made anew for each call; a nil one is a method that the node does not have.
type Cairn struct {
	Explain func() any // why the node is where it is, and what to do
	Status  func() any // everything that is published
	Gossip  func() any // who the peers are, and what became of what they sent
}

// API is what goes into the server: the methods become cairn_*.
func (c Cairn) API() any { return &cairnAPI{c} }

type cairnAPI struct{ c Cairn }

// Explain is cairn_explain.
func (a *cairnAPI) Explain(context.Context) (any, error) { return told("cairn_explain", a.c.Explain) }

// Status is cairn_status.
func (a *cairnAPI) Status(context.Context) (any, error) { return told("cairn_status", a.c.Status) }

// Gossip is cairn_gossip.
func (a *cairnAPI) Gossip(context.Context) (any, error) { return told("cairn_gossip", a.c.Gossip) }

func told(method string, tell func() any) (any, error) {
	if tell == nil {
		return nil, unavailableError(method)
	}
	return tell(), nil
}
