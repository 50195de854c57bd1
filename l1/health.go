package l1

import (
	"errors"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// health is what is known of an endpoint's state. It is a value; the time is the caller's.
type health struct {
	err    error     // the last failure; nil: it has served since
	since  time.Time // when what is wrong now began
	until  time.Time // rests until then: others are asked first
	strict bool      // it has said itself that it is to be left alone until then
	row    int       // failures of late; forgotten when it was well for a while
	rest   time.Duration
}

// restOf is the rest after the first failure of a kind, and the longest after many. An endpoint that lies is the last to
// be asked again.
func restOf(fault eth.Fault) (first, most time.Duration) {
	switch fault {
	case eth.L1Lying:
		return 2 * time.Minute, 30 * time.Minute
	case eth.L1WrongChain:
		return time.Minute, 10 * time.Minute
	case eth.L1Unauthorized:
		return 10 * time.Second, 5 * time.Minute
	default:
		return time.Second, time.Minute
	}
}

// failed is the health after a failure; after is the rest that the endpoint asked for, if it did. The rest doubles with
// each failure; u, from 0 up to but not including 1, takes off up to a quarter, so that many nodes do not come back at
// once. A failure during a rest is of a request that was under way, or of one that nobody else could answer: it counts
// only if it is a worse one.
func (h health) failed(now time.Time, err error, after time.Duration, u float64) health {
	fault := eth.FaultOf(err)
	if h.err == nil || eth.FaultOf(h.err) != fault {
		h.since = now
	}
	h.err = err
	if after > 0 {
		h.strict = true
		if end := now.Add(after); end.After(h.until) {
			h.until = end
		}
		return h
	}
	if now.Sub(h.until) > 2*h.rest+10*time.Second {
		h.row = 0
	}
	first, most := restOf(fault)
	resting := now.Before(h.until)
	if resting && first <= h.rest {
		return h
	}
	rest := first
	for range h.row {
		if rest >= most {
			break
		}
		rest *= 2
	}
	h.rest = min(rest, most)
	if !resting {
		h.row++
		h.strict = false
	}
	if end := now.Add(h.rest - time.Duration(u*float64(h.rest)/4)); end.After(h.until) {
		h.until = end
	}
	return h
}

// served is the health after an answer. Whoever answers a question for a label need not have the truth about blocks:
// whatever is wrong with those is right only when a whole block came.
func (h health) served(now time.Time, block bool) health {
	if h.strict && h.resting(now) { // the answer was under way
		return h
	}
	switch eth.FaultOf(h.err) {
	case eth.L1Lying, eth.L1Oversized, eth.L1BlockMissing, eth.L1ReceiptsMissing:
		if !block {
			return h
		}
	default:
	}
	h.err, h.since, h.strict = nil, time.Time{}, false
	if now.Before(h.until) {
		h.until = now
	}
	return h
}

func (h health) resting(now time.Time) bool { return now.Before(h.until) }

// retryIn is the rest that an error asks for.
func retryIn(err error) time.Duration {
	var busy *busyError
	if errors.As(err, &busy) {
		return busy.after
	}
	return 0
}
