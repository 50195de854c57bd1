package txmgr

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestValidateNamesFieldValueAndFix(t *testing.T) {
	for _, tc := range []struct {
		field string
		edit  func(*Config)
		value string
	}{
		{"From", func(c *Config) { c.From = [20]byte{} }, "0x0000"},
		{"MaxPendingTx", func(c *Config) { c.MaxPendingTx = 0 }, "0"},
		{"MaxPendingTx", func(c *Config) { c.MaxPendingTx = 17 }, "17"},
		{"NumConfirmations", func(c *Config) { c.NumConfirmations = 0 }, "0"},
		{"NumConfirmations", func(c *Config) { c.NumConfirmations = 101 }, "101"},
		{"SafeAbortNonceTooLowCount", func(c *Config) { c.SafeAbortNonceTooLowCount = 0 }, "0"},
		{"FeeLimitMultiplier", func(c *Config) { c.FeeLimitMultiplier = 0 }, "0"},
		{"FeeLimitThreshold", func(c *Config) { c.FeeLimitThreshold = big.NewInt(-1) }, "-1"},
		{"MinTipCap", func(c *Config) { c.MinTipCap = nil }, "nil"},
		{"MaxTipCap", func(c *Config) { c.MaxTipCap = big.NewInt(5) }, "5"},
		{"MinBaseFee", func(c *Config) { c.MinBaseFee = nil }, "nil"},
		{"MaxBaseFee", func(c *Config) { c.MaxBaseFee = big.NewInt(5) }, "5"},
		{"MinBlobFee", func(c *Config) { c.MinBlobFee = big.NewInt(-2) }, "-2"},
		{"RebroadcastInterval", func(c *Config) { c.RebroadcastInterval = 0 }, "0s"},
		{"ResubmissionTimeout", func(c *Config) { c.ResubmissionTimeout = -time.Second }, "-1s"},
		{"ReceiptQueryInterval", func(c *Config) { c.ReceiptQueryInterval = 0 }, "0s"},
		{"NetworkTimeout", func(c *Config) { c.NetworkTimeout = 0 }, "0s"},
		{"RetryInterval", func(c *Config) { c.RetryInterval = 0 }, "0s"},
		{"NotInMempoolTimeout", func(c *Config) { c.NotInMempoolTimeout = 0 }, "0s"},
		{"SendTimeout", func(c *Config) { c.SendTimeout = -1 }, "-1ns"},
		{"MaxRetries", func(c *Config) { c.MaxRetries = 0 }, "0"},
	} {
		c := testConfig()
		tc.edit(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), tc.field+" = ") || !strings.Contains(err.Error(), tc.value) ||
			!strings.Contains(err.Error(), ": use ") && !strings.Contains(err.Error(), ": set ") {
			t.Errorf("%s = %s: %v", tc.field, tc.value, err)
		}
	}
	c := testConfig()
	if err := c.Validate(); err != nil {
		t.Errorf("valid config: %v", err)
	}
}

func TestDefaultsAreThoseOfOpBatcher(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("..", "..", "shared", "peers", "flags-op-batcher.md"))
	if err != nil {
		t.Skip("shared facts are not there: ", err)
	}
	c := DefaultConfig()
	inGwei := func(x *big.Int) string {
		if x == nil {
			return "0"
		}
		return new(big.Int).Div(x, big.NewInt(gwei)).String()
	}
	inFull := func(d time.Duration) string {
		return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
	}
	for flag, got := range map[string]string{
		"max-pending-tx":                 u(c.MaxPendingTx),
		"num-confirmations":              u(c.NumConfirmations),
		"safe-abort-nonce-too-low-count": u(c.SafeAbortNonceTooLowCount),
		"fee-limit-multiplier":           u(c.FeeLimitMultiplier),
		"txmgr.fee-limit-threshold":      inGwei(c.FeeLimitThreshold),
		"txmgr.min-tip-cap":              inGwei(c.MinTipCap),
		"txmgr.max-tip-cap":              inGwei(c.MaxTipCap),
		"txmgr.min-basefee":              inGwei(c.MinBaseFee),
		"txmgr.max-basefee":              inGwei(c.MaxBaseFee),
		"txmgr.rebroadcast-interval":     c.RebroadcastInterval.String(),
		"resubmission-timeout":           c.ResubmissionTimeout.String(),
		"network-timeout":                c.NetworkTimeout.String(),
		"txmgr.retry-interval":           c.RetryInterval.String(),
		"txmgr.max-retries":              u(c.MaxRetries),
		"txmgr.send-timeout":             c.SendTimeout.String() + " (never)",
		"txmgr.not-in-mempool-timeout":   inFull(c.NotInMempoolTimeout),
		"txmgr.receipt-query-interval":   c.ReceiptQueryInterval.String(),
		"txmgr.cell-proof-time":          u(c.CellProofTime) + " (MaxUint64",
	} {
		row := ""
		for line := range strings.Lines(string(table)) {
			if strings.HasPrefix(line, "| `--"+flag+"` ") {
				row = line
			}
		}
		if !strings.Contains(row, "| `"+got+"`") && !strings.Contains(row, "| `"+got+" ") {
			t.Errorf("--%s: our default is %s, the table says %q", flag, got, row)
		}
	}
}

func u(x uint64) string { return new(big.Int).SetUint64(x).String() }
