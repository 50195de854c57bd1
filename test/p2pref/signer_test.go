package p2pref

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	opsigner "github.com/ethereum-optimism/optimism/op-service/signer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// args are what both versions of an op-signer's arguments can say of themselves.
type args interface {
	Message() (*opsigner.BlockSigningMessage, error)
}

// TestRemoteSignerSpeaksOpSigner reads what RemoteSigner sends with op-node's types, and signs what they say.
func TestRemoteSignerSpeaksOpSigner(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		read   func() args
	}{
		{"version 2", "opsigner_signBlockPayloadV2", func() args { return new(opsigner.BlockPayloadArgsV2) }},
		{"version 1", "opsigner_signBlockPayload", func() args { return new(opsigner.BlockPayloadArgs) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sender *common.Address
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var request struct {
					ID     json.RawMessage
					Method string
					Params []json.RawMessage
				}
				if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
					t.Error(err)
				}
				answer := map[string]any{"jsonrpc": "2.0", "id": request.ID}
				switch request.Method {
				case "health_status":
					answer["result"] = "v1"
				case c.method:
					in := c.read()
					if err := json.Unmarshal(request.Params[0], in); err != nil {
						t.Errorf("op-signer cannot read %s: %v", request.Params[0], err)
						return
					}
					switch in := in.(type) {
					case *opsigner.BlockPayloadArgsV2:
						sender = in.SenderAddress
					case *opsigner.BlockPayloadArgs:
						sender = in.SenderAddress
					}
					m, err := in.Message()
					if err != nil {
						t.Error(err)
						return
					}
					hash := m.ToSigningHash()
					sig := [65]byte(must(crypto.Sign(hash[:], key)))
					answer["result"] = gossip.Signature(sig)
				default:
					answer["error"] = map[string]any{"code": -32601, "message": "no such method"}
				}
				w.Header().Set("Content-Type", "application/json")
				json.NewEncoder(w).Encode(answer)
			}))
			defer server.Close()
			s, err := gossip.DialRemoteSigner(t.Context(), gossip.RemoteSignerConfig{Endpoint: server.URL, Address: signer})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			hash := gossip.PayloadHash([]byte("block"))
			got, err := s.SignBlock(context.Background(), big.NewInt(chainID), hash)
			if err != nil || [65]byte(got) != signature(key, []byte("block")) {
				t.Errorf("%x, %v", got, err)
			}
			if sender == nil || *sender != signer {
				t.Errorf("asked for a signature of %v", sender)
			}
		})
	}
}
