package attributes_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The upgrade transactions of RULES appendix A whose data is short, with their hashes.
func TestUpgradeTxs(t *testing.T) {
	const zero, depositor = "0000000000000000000000000000000000000000", "deaddeaddeaddeaddeaddeaddeaddeaddead0001"
	const l1Block, gasPriceOracle = "4200000000000000000000000000000000000015", "420000000000000000000000000000000000000f"
	const operatorFeeVault = "420000000000000000000000000000000000001b"
	upgradeTo := func(implementation string) string { return "3659cfe6000000000000000000000000" + implementation }
	for _, c := range []struct {
		intent   string
		from, to string
		gas      uint64
		data     string
		hash     string
		size     int
	}{
		{
			"Ecotone: L1 Block Proxy Update", zero, l1Block, 50000, upgradeTo("07dbe8500fc591d1852b76fee44d5a05e13097ff"),
			"9f2b2d34dfa2cb55cceb9860cade0cb03cfbd7ff1dd07d48b4708b29a46b4a24", 121,
		},
		{
			"Ecotone: Gas Price Oracle Proxy Update", zero, gasPriceOracle, 50000, upgradeTo("b528d11cc114e026f138fe568744c6d45ce6da7a"),
			"edbfdad1f44ea830b863eac45eca4408398351b30511826012882059625963d2", 121,
		},
		{
			"Ecotone: Gas Price Oracle Set Ecotone", depositor, gasPriceOracle, 80000, "22b90ab3",
			"91f762393442ac507c6852211b62445d82c9b58bae34726ecef2f10b4156f027", 90,
		},
		{
			"Fjord: Gas Price Oracle Proxy Update", zero, gasPriceOracle, 50000, upgradeTo("a919894851548179a0750865e7974da599c0fac7"),
			"2f63bbe08a66796dde569281a58a53e0b0f64b7aa067297e9c70455fb8e375bc", 121,
		},
		{
			"Fjord: Gas Price Oracle Set Fjord", depositor, gasPriceOracle, 90000, "8e98b106",
			"7cedc4f1c428928cdfb9b340bda3060102c71ad23f982678471b222ba8a756e1", 90,
		},
		{
			"Isthmus: L1 Block Proxy Update", zero, l1Block, 50000, upgradeTo("ff256497d61dcd71a9e9ff43967c13fde1f72d12"),
			"e992e00998b34075506d2726a274db07a62af6cdd9d527bfda9128114603cfbd", 121,
		},
		{
			"Isthmus: Gas Price Oracle Proxy Update", zero, gasPriceOracle, 50000, upgradeTo("93e57a196454cb919193fa9946f14943cf733845"),
			"b6560306ccb0e772b132a8a6dd78244c0d7ac270c80baba40f95006184926c30", 121,
		},
		{
			"Isthmus: Operator Fee Vault Proxy Update", zero, operatorFeeVault, 50000, upgradeTo("4fa2be8cd41504037f1838bce3bcc93bc68ff537"),
			"f162acc8ebbaf9237755736b62331a4817fe27bbbe3712f473ecfa8fee499f7c", 121,
		},
		{
			"Isthmus: Gas Price Oracle Set Isthmus", depositor, gasPriceOracle, 90000, "291b0383",
			"bf2fef09f73279373fce8acd2968ca4fd1d10ba88bf10993b6a69c33d913f01b", 90,
		},
		{
			"Jovian: L1 Block Proxy Update", zero, l1Block, 50000, upgradeTo("3ba4007f5c922fbb33c454b41ea7a1f11e83df2c"),
			"cd60191626fa3124e7031235c52f0adf6be545ebbd7cf55641bd9dabcbedaf6a", 121,
		},
		{
			"Jovian: Gas Price Oracle Proxy Update", zero, gasPriceOracle, 50000, upgradeTo("4f1db3c6abd250ba86e0928471a8f7db3afd88f1"),
			"c7c01d75d0b6950fcd30b448cba848e9841ab9ebb6b46eed9ecde4ba05ad0fd9", 121,
		},
		{
			"Jovian: Gas Price Oracle Set Jovian", depositor, gasPriceOracle, 90000, "b3d72079",
			"159d785e90a42f3b9a4d3b9fd4ab69e7c0edec3122cb2e767f3a66aba8f3e664", 90,
		},
	} {
		to := common.HexToAddress(c.to)
		tx := attributes.UpgradeTx{Intent: c.intent, From: common.HexToAddress(c.from), To: &to, Gas: c.gas, Data: common.FromHex(c.data)}
		raw := tx.Encode()
		if hash := crypto.Keccak256Hash(raw); hash != common.HexToHash(c.hash) || len(raw) != c.size {
			t.Errorf("%s: hash %s of %d bytes, want %s of %d", c.intent, hash, len(raw), c.hash, c.size)
		}
	}
}

func TestUpgradeTxCanCreate(t *testing.T) {
	tx := attributes.UpgradeTx{Intent: "create", From: alice, Gas: 5, Data: []byte{1}}
	to := alice
	call := attributes.UpgradeTx{Intent: "create", From: alice, To: &to, Gas: 5, Data: []byte{1}}
	if got, want := len(call.Encode())-len(tx.Encode()), 20; got != want {
		t.Errorf("a call is %d bytes longer than a creation, want %d", got, want)
	}
}

// activating is a chain whose forks after base, up to last, activate together in its first block.
func activating(t *testing.T, base, last rollup.Fork) *rollup.Config {
	cfg, at := chain(t, base), uint64(1001)
	for f := base + 1; f <= last; f++ {
		cfg.SetTime(f, &at)
	}
	return cfg
}

// RULES 6.1 step 4: L1 info, user deposits, upgrade transactions in order of the forks, then the batch's.
func TestUpgradeTransactionsInTheirPlace(t *testing.T) {
	cfg := activating(t, rollup.Canyon, rollup.Karst)
	var asked []rollup.Fork
	b := attributes.Builder{Config: cfg, Upgrades: func(f rollup.Fork) ([]hexutil.Bytes, bool) {
		asked = append(asked, f)
		return []hexutil.Bytes{{0x7e, byte(f), 1}, {0x7e, byte(f), 2}}, true
	}}
	origin := l1Block(101, depositLog(alice, bob, opaque(1, 2, 3, 0, nil)))
	origin.Time = 1001
	attrs, next, err := b.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, origin, []hexutil.Bytes{{0x02}})
	if err != nil {
		t.Fatal(err)
	}
	order := []rollup.Fork{rollup.Ecotone, rollup.Fjord, rollup.Isthmus, rollup.Jovian, rollup.Karst}
	if len(asked) != len(order) || len(attrs.Transactions) != 1+1+2*len(order)+1 {
		t.Fatalf("asked for %v, %d transactions", asked, len(attrs.Transactions))
	}
	for i, f := range order {
		for n := range 2 {
			if got := attrs.Transactions[2+2*i+n]; asked[i] != f || !bytes.Equal(got, []byte{0x7e, byte(f), byte(n + 1)}) {
				t.Errorf("upgrade transaction %d is %x, want number %d of %s", 2*i+n, []byte(got), n+1, f)
			}
		}
	}
	if !eth.IsDeposit(attrs.Transactions[1]) || len(attrs.Transactions[1]) < 50 || !bytes.Equal(attrs.Transactions[12], []byte{0x02}) {
		t.Errorf("user deposit or batch transaction are not in their place: %v", attrs.Transactions)
	}
	if attrs.GasLimit != 60_000_000+55_370_657 || next.GasLimit != 60_000_000 {
		t.Errorf("gas limit %d, then %d; want Karst's upgrade gas on top, once", attrs.GasLimit, next.GasLimit)
	}
}

func TestForksWithoutUpgradeTransactions(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Regolith, rollup.Canyon, rollup.Delta, rollup.Granite, rollup.Holocene} {
		cfg := activating(t, fork-1, fork)
		b := attributes.Builder{Config: cfg}
		if attrs, _, err := b.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, l1Block(100), nil); err != nil || len(attrs.Transactions) != 1 {
			t.Errorf("%s: %d transactions, %v; want the L1 info only", fork, len(attrs.Transactions), err)
		}
	}
}

func TestMissingUpgradeIsAnError(t *testing.T) {
	none := func(rollup.Fork) ([]hexutil.Bytes, bool) { return nil, false }
	for _, fork := range []rollup.Fork{rollup.Ecotone, rollup.Fjord, rollup.Isthmus, rollup.Jovian, rollup.Karst} {
		for name, upgrades := range map[string]attributes.Upgrades{"no hook": nil, "unknown to the hook": none} {
			cfg := activating(t, fork-1, fork)
			b := attributes.Builder{Config: cfg, Upgrades: upgrades}
			var missing *attributes.NoUpgradeError
			_, _, err := b.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, l1Block(100), nil)
			if !errors.As(err, &missing) || missing.Fork != fork {
				t.Errorf("%s, %s: %v, want a NoUpgradeError", fork, name, err)
			}
		}
	}
	// The gas of Lagoon's first block is not known, so neither is the system config it hands on.
	cfg := activating(t, rollup.Karst, rollup.Lagoon)
	extra := concat([]byte{1}, []byte{3: 100, 7: 4}, make([]byte, 8))
	var missing *attributes.NoUpgradeError
	if _, err := attributes.SystemConfigOf(cfg, blockOf(t, cfg, mainnetInfo(rollup.InfoJovian), extra)); !errors.As(err, &missing) {
		t.Errorf("Lagoon: %v, want a NoUpgradeError", err)
	}
}

// No block of Lagoon is built, whether it is the first, a later one, or the chain began with it.
func TestNoBlockAtOrAfterLagoon(t *testing.T) {
	for _, c := range []struct {
		name   string
		lagoon uint64
		ok     bool
	}{
		{"one second before Lagoon", 1003, true},
		{"Lagoon's first block", 1002, false},
		{"Lagoon's first block, a second late", 1001, false},
		{"Lagoon's second block", 1000, false},
		{"Lagoon at genesis", 0, false},
	} {
		cfg := chain(t, rollup.Karst)
		cfg.SetTime(rollup.Lagoon, &c.lagoon)
		b := attributes.Builder{Config: cfg, Upgrades: madeUpUpgrades}
		_, _, err := b.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, l1Block(100), nil)
		var unsupported *attributes.UnsupportedForkError
		if is := errors.As(err, &unsupported); is == c.ok || (is && *unsupported != attributes.UnsupportedForkError{Fork: rollup.Lagoon, Time: c.lagoon}) {
			t.Errorf("%s: %v, want built %t", c.name, err, c.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "lagoon is active from time") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
