package gossip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{}
	a.key, a.cert = a.issue(t, name, &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true})
	return a
}

// issue makes a certificate for 127.0.0.1, signed by the authority, or by itself where that has no key yet.
func (a *authority) issue(t *testing.T, name string, template *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	parent, signer := a.cert, a.key
	if signer == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

// write puts a new certificate and its key into files.
func (a *authority) write(t *testing.T, name string, files *gossip.TLSFiles) {
	t.Helper()
	key, cert := a.issue(t, name, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, files.Cert, "CERTIFICATE", cert.Raw)
	writePEM(t, files.Key, "EC PRIVATE KEY", der)
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// opSigner is a model of an op-signer.
type opSigner struct {
	key     *ecdsa.PrivateKey
	old     bool          // knows only the first method
	stall   bool          // never answers a request for a signature
	broken  string        // what it answers instead of a signature
	methods []string      // asked for
	clients []string      // names of clients, by connection
	headers []http.Header // of requests
	params  []string
}

func (s *opSigner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Params json.RawMessage `json:"params"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.methods = append(s.methods, request.Method)
	s.headers = append(s.headers, r.Header)
	s.params = append(s.params, string(request.Params))
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		s.clients = append(s.clients, r.TLS.PeerCertificates[0].Subject.CommonName)
	}
	answer := map[string]any{"jsonrpc": "2.0", "id": request.ID}
	switch {
	case request.Method == "health_status":
		answer["result"] = "ok"
	case s.stall:
		<-r.Context().Done()
		return
	case s.broken != "":
		answer["result"] = s.broken
	case request.Method == "opsigner_signBlockPayloadV2" && !s.old:
		var in []struct {
			Domain, PayloadHash common.Hash
			ChainID             string
		}
		if err := json.Unmarshal(request.Params, &in); err != nil {
			answer["error"] = map[string]any{"code": -32602, "message": err.Error()}
			break
		}
		chain, _ := new(big.Int).SetString(in[0].ChainID, 10)
		answer["result"], _ = gossip.NewLocalSigner(s.key).SignBlock(r.Context(), chain, in[0].PayloadHash)
	case request.Method == "opsigner_signBlockPayload":
		var in []struct {
			ChainID     *big.Int
			PayloadHash []byte
			Domain      [32]byte
		}
		if err := json.Unmarshal(request.Params, &in); err != nil {
			answer["error"] = map[string]any{"code": -32602, "message": err.Error()}
			break
		}
		answer["result"], _ = gossip.NewLocalSigner(s.key).SignBlock(r.Context(), in[0].ChainID, common.Hash(in[0].PayloadHash))
	default:
		answer["error"] = map[string]any{"code": -32601, "message": "the method does not exist/is not available"}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

// serve starts a model behind TLS that demands a client's certificate, and makes the files of a client.
func serve(t *testing.T, handler http.Handler) (endpoint string, ca *authority, files gossip.TLSFiles) {
	t.Helper()
	ca = newAuthority(t, "authority")
	key, cert := ca.issue(t, "server", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	files = gossip.TLSFiles{CA: filepath.Join(dir, "ca.crt"), Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	writePEM(t, files.CA, "CERTIFICATE", ca.cert.Raw)
	ca.write(t, "node", &files)
	return server.URL, ca, files
}

func dial(t *testing.T, cfg gossip.RemoteSignerConfig) *gossip.RemoteSigner {
	t.Helper()
	s, err := gossip.DialRemoteSigner(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRemoteSigner(t *testing.T) {
	server := &opSigner{key: sequencerKey}
	endpoint, _, files := serve(t, server)
	headers, err := gossip.ParseHeaders([]string{"Authorization=Bearer a=b"})
	if err != nil {
		t.Fatal(err)
	}
	s := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, Headers: headers, TLS: &files})
	hash := common.Hash{0xab}
	want, err := gossip.NewLocalSigner(sequencerKey).SignBlock(t.Context(), big.NewInt(901), hash)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.SignBlock(t.Context(), big.NewInt(901), hash); err != nil || got != want || s.Address() != sequencer {
		t.Errorf("%x, %v, want %x", got, err, want)
	}
	if !slices.Equal(server.methods, []string{"health_status", "opsigner_signBlockPayloadV2"}) {
		t.Errorf("asked for %s", server.methods)
	}
	const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
	args := `[{"domain":"0x` + zeros + `","chainId":"901","payloadHash":"0xab` + zeros[2:] + `","senderAddress":"` + strings.ToLower(sequencer.Hex()) + `"}]`
	if server.params[1] != args {
		t.Errorf("asked with %s, want %s", server.params[1], args)
	}
	for i, h := range server.headers {
		if h.Get("Authorization") != "Bearer a=b" {
			t.Errorf("request %d had headers %v", i, h)
		}
	}
	if !slices.Equal(server.clients, []string{"node", "node"}) {
		t.Errorf("clients %s", server.clients)
	}
}

func TestRemoteSignerOfTheFirstVersion(t *testing.T) {
	server := &opSigner{key: sequencerKey, old: true}
	endpoint, _, files := serve(t, server)
	s := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, TLS: &files})
	for range 2 {
		if _, err := s.SignBlock(t.Context(), big.NewInt(901), common.Hash{1}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"health_status", "opsigner_signBlockPayloadV2", "opsigner_signBlockPayload", "opsigner_signBlockPayload"}
	if !slices.Equal(server.methods, want) {
		t.Errorf("asked for %s, want %s", server.methods, want)
	}
}

func TestRemoteSignerIsNotTrusted(t *testing.T) {
	for _, c := range []struct {
		name   string
		server *opSigner
		want   string
	}{
		{"another key", &opSigner{key: otherKey}, "signed as " + other.Hex()},
		{"no signature", &opSigner{broken: "0x1234"}, "opsigner_signBlockPayloadV2"},
		{"no point", &opSigner{broken: "0x" + strings.Repeat("00", 65)}, "check answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			endpoint, _, files := serve(t, c.server)
			s := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, TLS: &files})
			sig, err := s.SignBlock(t.Context(), big.NewInt(901), common.Hash{1})
			if err == nil || !strings.Contains(err.Error(), c.want) || sig != (gossip.Signature{}) {
				t.Errorf("%x, %v, want an error with %q", sig, err, c.want)
			}
		})
	}
}

func TestRemoteSignerThatDoesNotAnswer(t *testing.T) {
	server := &opSigner{stall: true}
	endpoint, _, files := serve(t, server)
	s := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, TLS: &files, Timeout: 100 * time.Millisecond})
	if _, err := s.SignBlock(t.Context(), big.NewInt(901), common.Hash{1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	slow := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, TLS: &files, Timeout: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := slow.SignBlock(ctx, big.NewInt(901), common.Hash{1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that ends: %v", err)
	}
}

func TestClientCertificateIsReadForEachConnection(t *testing.T) {
	server := &opSigner{key: sequencerKey}
	endpoint, ca, files := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		server.ServeHTTP(w, r)
	}))
	s := dial(t, gossip.RemoteSignerConfig{Endpoint: endpoint, Address: sequencer, TLS: &files})
	ca.write(t, "renewed", &files)
	if _, err := s.SignBlock(t.Context(), big.NewInt(901), common.Hash{1}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(server.clients, []string{"node", "renewed"}) {
		t.Errorf("clients %s", server.clients)
	}
}

func TestRemoteSignersThatCannotBeDialled(t *testing.T) {
	endpoint, _, files := serve(t, &opSigner{key: sequencerKey})
	stranger := files
	stranger.Cert, stranger.Key = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	newAuthority(t, "another authority").write(t, "stranger", &stranger)
	impostor := files
	impostor.CA = stranger.Cert
	noAuthorities := files
	noAuthorities.CA = files.Key
	for _, c := range []struct {
		name     string
		endpoint string
		tls      *gossip.TLSFiles
		want     string
	}{
		{"a certificate of another authority", endpoint, &stranger, "health_status"},
		{"no certificate", endpoint, nil, "certificate"},
		{"a server of another authority", endpoint, &impostor, "unknown authority"},
		{"no file of authorities", endpoint, &gossip.TLSFiles{CA: "missing", Cert: files.Cert, Key: files.Key}, "read signer authorities"},
		{"no authority in the file", endpoint, &noAuthorities, "no certificate in"},
		{"no file of the certificate", endpoint, &gossip.TLSFiles{CA: files.CA, Cert: "missing", Key: files.Key}, "client certificate"},
		{"certificates over http", strings.Replace(endpoint, "https", "http", 1), &files, "is not https"},
		{"no URL", "tcp:/x", nil, "neither https nor http"},
		{"nobody there", "http://127.0.0.1:1", nil, "health_status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := gossip.DialRemoteSigner(t.Context(), gossip.RemoteSignerConfig{Endpoint: c.endpoint, Address: sequencer, TLS: c.tls})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v, want an error with %q", s, err, c.want)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	got, err := gossip.ParseHeaders([]string{"a=b", "X-Key=c=d", "Empty="})
	if err != nil || got.Get("A") != "b" || got.Get("x-key") != "c=d" || len(got) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "a", "=b"} {
		if got, err := gossip.ParseHeaders([]string{bad}); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
