LINTER   ?= go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SEEDS    ?= 200
PAIRS    ?= 300
N        ?= 250
SEED     ?= $(shell date +%s)
FUZZTIME ?= 30s

SIMULATIONS = ./sync/simtest/reading ./sync/simtest/writing ./sync/simtest/worlds ./sync/simtest/races

.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/fieldsync
	go build -trimpath -o bin/ ./cmd/...

run: build ## Build, and start a demonstration: a company, phones and an office
	bin/fieldsync demo

# Tests are short and there are many: collecting less often takes a third off what they cost.
test race: export GOGC = 400

test: ## Run the tests
	go test -timeout 15m ./...

race: ## Run the short tests in random order under the race detector
	go test -race -short -shuffle=on -timeout 25m ./...

sim: ## Run the simulations with SEEDS fresh seeds, or again from SEED
	go test $(SIMULATIONS) -count=1 -seeds=$(SEEDS) -seed=$(SEED)

plants: ## Plant every known bug and see that a test finds it
	go test -tags plant -count=1 -run 'Plant' ./sync/access ./sync/engine ./sync/simtest/... ./session ./client ./web ./web/hook ./bench/... ./cmd/fieldsync

worlds: ## Compare PAIRS fresh pairs of worlds that differ in what a user may not see, and find the planted leaks
	cd sync/simtest/worlds && go test -tags plant -count=1 -seeds=$(PAIRS) -seed=$(SEED) -timeout 2h

races: ## Race N takeovers over sockets, some with a kill, and 20 times as many in the simulation
	@cd cmd/fieldsync && go test -tags plant -count=1 -timeout 4h -run '^TestRaces$$' -races=$(N) -seed=$(SEED)

fuzz: ## Fuzz every fuzz test for FUZZTIME each, a time or a number of tries (10000x)
	@set -e; grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' . | while IFS=: read -r file func; do \
	  pkg=$$(dirname "$$file"); name=$${func#func }; echo "go test $$pkg -fuzz $$name"; \
	  go test "$$pkg" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME); done

vectors: ## Rewrite the golden wire vectors; read the diff before committing
	go test ./protocol -run TestVectors -count=1 -update

bench: build ## Measure the gateway beside the floor of its own stack; takes some minutes
	bin/fieldsync bench

microbench: ## Run the packages' own benchmarks
	go test -run '^$$' -bench . -benchmem ./...

lab: build ## Two phones and the office side by side in this terminal
	bin/fieldsync lab

e2e: ## Run the built program against real sockets and a real disk
	go test ./cmd/fieldsync -run 'TestProgram' -count=1

stories: build ## Play every story of docs/stories on real phones and a real gateway
	bin/fieldsync story run --brief docs/stories/*.story

lint: ## Check formatting and style
	$(LINTER) run
	$(LINTER) fmt --diff

fmt: ## Format the code
	$(LINTER) fmt

check: ## Everything that must pass before a merge
	$(MAKE) build
	$(MAKE) test
	$(MAKE) lint
	$(MAKE) race
	$(MAKE) sim SEEDS=50
	$(MAKE) worlds PAIRS=300
	$(MAKE) races N=250
	$(MAKE) fuzz FUZZTIME=10000x
	$(MAKE) e2e
	$(MAKE) stories

.PHONY: help build run test race sim races plants worlds fuzz vectors bench microbench lab e2e stories lint fmt check
