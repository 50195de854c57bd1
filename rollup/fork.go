package rollup

import "fmt"

// Fork is a network upgrade of the OP Stack, in the order of activation.
type Fork uint8

// The forks, oldest first. Bedrock is the base and has no time.
const (
	Bedrock Fork = iota
	Regolith
	Canyon
	Delta
	Ecotone
	Fjord
	Granite
	Holocene
	Isthmus
	Jovian
	Karst
	Lagoon
	forkCount
)

var forkNames = [forkCount]string{
	"bedrock", "regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst", "lagoon",
}

func (f Fork) String() string {
	if f < forkCount {
		return forkNames[f]
	}
	return fmt.Sprintf("fork(%d)", uint8(f))
}

// Forks lists all forks after Bedrock in order of activation.
func Forks() []Fork {
	out := make([]Fork, 0, forkCount-1)
	for f := Regolith; f < forkCount; f++ {
		out = append(out, f)
	}
	return out
}

// Time is the activation time of a fork in seconds since 1970; nil when it is not scheduled.
func (c *Config) Time(f Fork) *uint64 {
	if f == Bedrock {
		return new(uint64)
	}
	if p := c.forkTime(f); p != nil {
		return *p
	}
	return nil
}

// SetTime schedules a fork (nil: unschedules it).
func (c *Config) SetTime(f Fork, time *uint64) {
	if p := c.forkTime(f); p != nil {
		*p = time
	}
}

func (c *Config) forkTime(f Fork) **uint64 {
	switch f {
	case Regolith:
		return &c.RegolithTime
	case Canyon:
		return &c.CanyonTime
	case Delta:
		return &c.DeltaTime
	case Ecotone:
		return &c.EcotoneTime
	case Fjord:
		return &c.FjordTime
	case Granite:
		return &c.GraniteTime
	case Holocene:
		return &c.HoloceneTime
	case Isthmus:
		return &c.IsthmusTime
	case Jovian:
		return &c.JovianTime
	case Karst:
		return &c.KarstTime
	case Lagoon:
		return &c.LagoonTime
	default:
		return nil
	}
}

// active says whether a fork's rules hold at a time: from the activation second on, inclusive.
func (c *Config) active(f Fork, time uint64) bool {
	at := c.Time(f)
	return at != nil && time >= *at
}

// activationBlock says whether the L2 block at this time is the first of a fork. A fork that is active at genesis has
// no activation block: there is no block before it (RULES 0.2).
func (c *Config) activationBlock(f Fork, l2Time uint64) bool {
	return l2Time >= c.BlockTime && c.active(f, l2Time) && !c.active(f, l2Time-c.BlockTime)
}
