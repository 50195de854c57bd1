package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Port is an address that the node will listen to.
type Port struct {
	Address            string // as in "0.0.0.0:9545"
	UDP                bool   // else TCP
	Name               string // in findings
	AddrFlag, PortFlag string // what to change it with, without dashes
}

// ServerPort is the port of a server whose flags are called after it: name.addr and name.port.
func ServerPort(name, address string) Port {
	return Port{Name: name, Address: address, AddrFlag: name + ".addr", PortFlag: name + ".port"}
}

func (p Port) name() string { return p.Name + " " + p.Address }

func (e *examination) examinePorts(ctx context.Context) {
	for _, port := range e.cfg.Ports {
		e.check(ctx, PortsFree, port.name(), func(ctx context.Context) result {
			err := port.tryOut(ctx)
			switch {
			case errors.Is(err, syscall.EADDRINUSE):
				return fail(fmt.Sprintf("end the process that uses it (is a node running already?), or give another with --%s", port.PortFlag),
					"it is in use")
			case errors.Is(err, syscall.EACCES):
				return fail(fmt.Sprintf("give a port above 1023 with --%s", port.PortFlag), "this user may not use it")
			case errors.Is(err, syscall.EADDRNOTAVAIL):
				return fail(fmt.Sprintf("correct --%s: 0.0.0.0 is all addresses of this machine", port.AddrFlag), "this machine does not have that address")
			case err != nil:
				return fail(fmt.Sprintf("correct --%s and --%s", port.AddrFlag, port.PortFlag), "%s", err)
			}
			return ok("free")
		})
	}
}

// tryOut listens for a moment.
func (p Port) tryOut(ctx context.Context) error {
	if p.UDP {
		conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", p.Address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.Address)
	if err != nil {
		return err
	}
	return listener.Close()
}
