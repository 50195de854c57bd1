package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/rollup"
)

type networksCmd struct {
	JSON bool `name:"json" help:"Print an array of objects."`
}

// networkRow is what the list says of a network.
type networkRow struct {
	Name      string            `json:"name"`
	Title     string            `json:"title"`
	L2ChainID uint64            `json:"l2ChainId"`
	L1ChainID uint64            `json:"l1ChainId"`
	BlockTime uint64            `json:"blockTime"` // seconds
	Forks     map[string]uint64 `json:"forks"`     // times, seconds since 1970
	NextFork  string            `json:"nextFork,omitempty"`
	NextAt    uint64            `json:"nextForkTime,omitempty"`
	Usable    bool              `json:"usable"` // batches are on L1
}

// Help says what a network that is not in the list needs.
func (networksCmd) Help() string {
	return "The list is the superchain registry as it was when this program was made. A chain that is not in it needs a rollup.json: see --rollup.config of 'cairn node'."
}

// Run prints the list.
func (c *networksCmd) Run(s *streams) error {
	rows, err := networkRows(uint64(time.Now().Unix()))
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(rows)
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NETWORK\tL2 CHAIN\tL1\tBLOCK TIME\tNEXT FORK")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%d\t%s\t%ds\t%s\n", row.Name, row.L2ChainID, l1Name(row.L1ChainID), row.BlockTime, row.next())
	}
	return table.Flush()
}

func networkRows(now uint64) (rows []networkRow, err error) {
	for _, name := range network.Names() {
		cfg, extra, err := network.Lookup(name)
		if err != nil {
			return nil, err
		}
		row := networkRow{
			Name: name, Title: extra.Title, L2ChainID: cfg.L2ChainID.Uint64(), L1ChainID: cfg.L1ChainID.Uint64(), BlockTime: cfg.BlockTime,
			Forks: make(map[string]uint64), Usable: !extra.DataElsewhere,
		}
		for _, fork := range rollup.Forks() {
			at := cfg.Time(fork)
			if at == nil {
				continue
			}
			row.Forks[fork.String()] = *at
			if *at > now && row.NextFork == "" {
				row.NextFork, row.NextAt = fork.String(), *at
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// next is the fork to come, or why there is none to wait for.
func (r *networkRow) next() string {
	switch {
	case !r.Usable:
		return "- (batches not on L1: not supported)"
	case r.NextFork == "":
		return "-"
	}
	return r.NextFork + " " + time.Unix(int64(r.NextAt), 0).UTC().Format("2006-01-02 15:04:05 UTC")
}

func l1Name(id uint64) string {
	switch id {
	case 1:
		return "mainnet"
	case 11155111:
		return "sepolia"
	}
	return fmt.Sprint(id)
}
