package encoder_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/rollup"
)

func TestValidateNamesFieldValueAndFix(t *testing.T) {
	for _, c := range []struct {
		field string
		value string
		spoil func(*encoder.Config)
	}{
		{"Rollup", "nil", func(c *encoder.Config) { c.Rollup = nil }},
		{"NewID", "nil", func(c *encoder.Config) { c.NewID = nil }},
		{"Batch", "2", func(c *encoder.Config) { c.Batch = 2 }},
		{"Level", "12", func(c *encoder.Config) { c.Level = 12 }},
		{"Level", "0", func(c *encoder.Config) { c.Compression, c.Level = channel.Zlib, 0 }},
		{"Level", "5", func(c *encoder.Config) { c.Compression, c.Level = 7, 5 }},
		{"TargetFrames", "0", func(c *encoder.Config) { c.TargetFrames = 0 }},
		{"TargetFrames", "7", func(c *encoder.Config) { c.TargetFrames = 7 }},
		{"TargetFrames", "65537", func(c *encoder.Config) { c.UseBlobs, c.TargetFrames = false, 65537 }},
		{"TargetChannelBytes", "-1", func(c *encoder.Config) { c.TargetChannelBytes = -1 }},
		{"MaxTxBytes", "24", func(c *encoder.Config) { c.MaxTxBytes = 24 }},
		{"MaxTxBytes", "1000025", func(c *encoder.Config) { c.MaxTxBytes = 1000025 }},
		{"SubSafetyMargin", "0", func(c *encoder.Config) { c.SubSafetyMargin = 0 }},
		{"SubSafetyMargin", "50", func(c *encoder.Config) { c.SubSafetyMargin = 50 }}, // Granite's channel timeout
		{"SubSafetyMargin", "20", func(c *encoder.Config) { c.Rollup.SeqWindowSize, c.SubSafetyMargin = 20, 20 }},
		{"MaxBlocksPerSpan", "-1", func(c *encoder.Config) { c.MaxBlocksPerSpan = -1 }},
		{"MaxBlocksPerSpan", "10000001", func(c *encoder.Config) { c.MaxBlocksPerSpan = 10_000_001 }},
		{"MaxPendingBytes", "0", func(c *encoder.Config) { c.MaxPendingBytes = 0 }},
	} {
		t.Run(c.field+"="+c.value, func(t *testing.T) {
			cfg := config(rollup.Isthmus)
			c.spoil(&cfg)
			_, err := encoder.New(cfg)
			if err == nil {
				t.Fatal("accepted")
			}
			if want := fmt.Sprintf("%s = %s: ", c.field, c.value); !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not contain %q", err, want)
			}
		})
	}
}

func TestValidateAcceptsTheBounds(t *testing.T) {
	for name, set := range map[string]func(*encoder.Config){
		"defaults":          func(*encoder.Config) {},
		"6 blobs":           func(c *encoder.Config) { c.TargetFrames = 6 },
		"7 calldata frames": func(c *encoder.Config) { c.UseBlobs, c.TargetFrames = false, 7 },
		"one byte frames":   func(c *encoder.Config) { c.MaxTxBytes = 25 },
		"greatest frames":   func(c *encoder.Config) { c.MaxTxBytes = 1_000_024 },
		"least margin":      func(c *encoder.Config) { c.SubSafetyMargin = 1 },
		"greatest margin":   func(c *encoder.Config) { c.SubSafetyMargin = 49 },
		"slowest brotli":    func(c *encoder.Config) { c.Level = 11 },
		"zlib":              func(c *encoder.Config) { c.Compression, c.Level = channel.Zlib, 9 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(rollup.Isthmus)
			set(&cfg)
			if err := cfg.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}
