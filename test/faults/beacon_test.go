package faults

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// blobs lets a fault happen to requests for blobs.
func blobs(f fault) fault {
	return where(f, func(x *exchange) bool { return strings.Contains(x.method, "/beacon/blob") })
}

func beaconFault(f fault) func(*rig) { return func(r *rig) { r.beacon[0].set(f) } }

func beaconConditions() []condition {
	const (
		safe, endpoint = "safe", "beacon endpoint"
		noKey          = `{"code":401,"message":"no such key: %s ` + headerKey + `"}`
	)
	down, up := func(r *rig) { r.beacon[0].down() }, func(r *rig) { r.beacon[0].up() }
	limited := say(http.StatusTooManyRequests, `{"code":429,"message":"too many requests for %s"}`, "Retry-After", "1")
	later := fmt.Sprintf(`{"data":{"genesis_time":"%d"}}`, time.Now().Add(24*time.Hour).Unix())
	return []condition{
		{name: "beacon refuses connections", code: eth.BeaconUnreachable, at: safe, when: cold, begin: down, end: up},
		{name: "beacon goes away", code: eth.BeaconUnreachable, at: safe, begin: down, end: up},
		{name: "beacon does not answer", code: eth.BeaconSlow, at: safe, begin: beaconFault(hang)},
		{name: "beacon answers 429 with Retry-After", code: eth.BeaconRateLimited, at: safe, begin: beaconFault(limited)},
		{name: "beacon answers 401 and repeats the key", code: eth.BeaconUnauthorized, at: safe, begin: beaconFault(say(http.StatusUnauthorized, noKey))},
		{name: "beacon answers 403", code: eth.BeaconUnauthorized, at: safe, when: cold, begin: beaconFault(say(http.StatusForbidden, noKey))},
		{name: "beacon answers 500", code: eth.BeaconError, at: safe, begin: beaconFault(say(http.StatusInternalServerError, "cannot serve %s"))},
		{name: "beacon answers with something else than JSON", code: eth.BeaconError, at: safe, begin: beaconFault(say(http.StatusOK, "<html>%s</html>"))},
		{name: "beacon answers with too much", code: eth.BeaconOversized, at: safe, begin: beaconFault(blobs(long(answerLimit)))},
		{name: "beacon changes blobs", code: eth.BeaconLying, at: safe, begin: beaconFault(blobs(changeBlobs))},
		{name: "beacon gives blobs of another size", code: eth.BeaconLying, at: safe, begin: beaconFault(blobs(say(http.StatusOK, `{"data":["0x0000"]}`)))},
		{name: "beacon gives other blobs", code: eth.BeaconLying, at: safe, begin: beaconFault(blobs(say(http.StatusOK, `{"data":["0x`+strings.Repeat("00", len(eth.Blob{}))+`"]}`)))},
		{name: "beacon has no blobs", code: eth.BlobsMissing, at: safe, begin: beaconFault(blobs(say(http.StatusOK, `{"data":[]}`)))},
		{name: "beacon has pruned the slot", code: eth.BlobsMissing, at: safe, begin: beaconFault(blobs(say(http.StatusNotFound, `{"code":404,"message":"block not found"}`)))},
		{name: "beacon is another chain", code: eth.BeaconWrongChain, at: safe, when: cold, begin: beaconFault(where(say(http.StatusOK, later), func(x *exchange) bool {
			return strings.HasSuffix(x.method, "/genesis")
		}))},
		{name: "beacon is another, older chain", code: eth.BlobsMissing, at: safe, when: cold, begin: beaconFault(where(say(http.StatusOK, `{"data":{"genesis_time":"1606824023"}}`), func(x *exchange) bool {
			return strings.HasSuffix(x.method, "/genesis")
		}))},

		{name: "the first of two beacons is away", code: eth.BeaconUnreachable, at: endpoint, second: true, begin: down, end: up},
		{name: "the first of two beacons does not answer", code: eth.BeaconSlow, at: endpoint, second: true, begin: beaconFault(hang)},
		{name: "the first of two beacons lies", code: eth.BeaconLying, at: verdict, second: true, begin: beaconFault(blobs(say(http.StatusOK, `{"data":["0x`+strings.Repeat("00", len(eth.Blob{}))+`"]}`)))},
		{name: "the first of two beacons has pruned the slot", code: eth.BlobsMissing, at: endpoint, second: true, begin: beaconFault(blobs(say(http.StatusNotFound, `{"code":404,"message":"block not found"}`)))},
	}
}

// changeBlobs changes a byte in the middle of every blob.
func changeBlobs(x *exchange) bool {
	_, answer, err := x.send(x)
	if err != nil || len(answer) < len(eth.Blob{}) {
		return false
	}
	for at := len(eth.Blob{}); at < len(answer); at += 2 * len(eth.Blob{}) {
		if answer[at] == '0' {
			answer[at] = '1'
		} else {
			answer[at] = '0'
		}
	}
	x.reply(http.StatusOK, answer)
	return true
}
