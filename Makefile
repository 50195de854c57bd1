# Targets for people and for CI. `make help` lists them.
GO       ?= go
FUZZTIME ?= 2000x
RESTTIME ?= 1000x
KILLS    ?= 20
SEEDS    ?= 300
LINT      = $(GO) tool -modfile=tools/go.mod golangci-lint

.PHONY: help build test race fuzz lint fmt bench benchonce benchnode contracts clients anvil kill opnode harness sim mutants e2e reference cover check

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

build: ## build bin/cairn
	$(GO) build -o bin/cairn ./cmd/cairn

test: ## all tests, as in the README
	$(GO) test ./...

race: ## race detector where goroutines meet
	$(GO) test -race -short ./driver ./l1 ./txmgr ./batcher/... ./rpc ./p2p/... ./devnet/...

fuzz: ## every fuzz target, those of parsers for FUZZTIME, a time or a count (default 2000x), others for RESTTIME (1000x)
	test/fuzz/run.sh $(FUZZTIME) $(RESTTIME)

sim: ## SEEDS random histories (default 300), derived by the machine and by the oracle; FAILED is for files of seeds that fail
	$(GO) test -count=1 -timeout 12h -run TestSimulation -v ./sim -args -sim.seeds=$(SEEDS) -sim.out=$(or $(FAILED),$(CURDIR)/bin/failed-seeds)

mutants: ## deliberate faults in the rules: each has to be caught by the simulation
	$(GO) run ./sim/mutants

lint: ## golangci-lint, pinned in tools/go.mod
	$(GO) vet ./...
	$(LINT) run ./...

fmt: ## format the code
	$(LINT) fmt ./...

bench: ## the figures of docs/performance.md
	$(GO) test -run '^$$' -bench . -benchtime 20x ./engine/geth
	$(GO) test -run '^$$' -bench 'Derive|RealChannel|Snapshot' -benchtime 2s ./derive
	$(GO) test -run '^$$' -bench Check ./p2p/gossip
	$(GO) test -run '^$$' -bench Of ./internal/listroot
	$(GO) test -run '^$$' -bench Propagation -benchtime 100x ./p2p
	cd test/p2pref && $(GO) test -run '^$$' -bench Validators -benchtime 2s .
	$(GO) test -run '^$$' -bench . ./driver
	$(GO) test -run '^$$' -bench Writer ./channel
	$(GO) test -run '^$$' -bench Encode ./batcher/encoder
	$(GO) test -run '^$$' -bench 'Requests|Restart' -benchtime 3x ./l1
	$(MAKE) benchnode

benchonce: ## every benchmark once: that it works, not how fast
	$(GO) test -run '^$$' -bench . -benchtime 1x $$(grep -rl --include='*_test.go' --exclude-dir=node_modules --exclude-dir=p2pref '^func Benchmark' . | xargs -n 1 dirname | sort -u)

benchnode: build ## the figures of a following node (needs ../shared/harness)
	test/harness/bench.sh

contracts: ## rebuild the contracts and compare with what is committed (needs Node.js)
	cd contracts && npm ci && node build.mjs --check

clients: ## real clients (viem) against a devnet (needs Node.js)
	test/clients/run.sh

anvil: ## sequencer and verifier with anvil as L1, which reorganises (needs Node.js)
	test/anvil/run.sh

kill: build ## kill node and engine, a standalone op-geth, KILLS times (default 20); the chain goes on. And engines fill gaps
	$(GO) build -modfile=tools/geth.mod -o bin/geth github.com/ethereum/go-ethereum/cmd/geth
	CAIRN=$(CURDIR)/bin/cairn CAIRN_GETH=$(CURDIR)/bin/geth $(GO) test -count=1 -timeout 60m -run 'TestKilled|TestEngines' -v ./test/realengine -args -kills=$(KILLS)

opnode: build ## op-node takes Cairn's blocks and makes some that Cairn takes; both answer alike
	$(GO) build -modfile=tools/geth.mod -o bin/geth github.com/ethereum/go-ethereum/cmd/geth
	test/realengine/build-op-node.sh bin/op-node
	CAIRN=$(CURDIR)/bin/cairn CAIRN_GETH=$(CURDIR)/bin/geth CAIRN_OP_NODE=$(CURDIR)/bin/op-node $(GO) test -count=1 -run TestOpNode -v ./test/realengine

harness: build ## the published cases of ../shared/harness, recorded from op-node; ALL=1: all of them in all modes
	test/harness/run.sh

e2e: ## the end-to-end tests: a whole rollup, and three verifiers by gossip
	$(GO) test -count=1 -run 'TestWholeRollup|TestVerifiersFollowGossip|TestAVerifierWithoutPeers' -v ./devnet

reference: ## gossip, judged by op-node's own code too (a module of its own)
	cd test/p2pref && $(GO) test ./...

cover: ## test coverage by package
	$(GO) test -short -cover ./...

check: ## what CI runs
	.ci/run
