package gossip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
)

// RemoteSignerConfig says where an op-signer is and which of its keys to use: op-node's --signer.* flags.
type RemoteSignerConfig struct {
	Endpoint string         // URL
	Address  common.Address // of the key; signatures of any other are an error
	Headers  http.Header    // sent with every request; ParseHeaders reads them
	TLS      *TLSFiles      // nil: no client certificate, and the system's authorities for the server's
	Timeout  time.Duration  // of one call; 0: 3 s, more than a block's time helps nobody
}

// TLSFiles are PEM files for mutual authentication. Certificate and key are read for every new connection, so that they can
// be replaced while the node runs.
type TLSFiles struct {
	CA   string // authorities that may have signed the server's certificate
	Cert string // the client's certificate
	Key  string // and its key
}

const defaultSignerTimeout = 3 * time.Second

// ParseHeaders reads headers of the form key=value. The value may contain the equals sign.
func ParseHeaders(options []string) (http.Header, error) {
	headers := http.Header{}
	for _, option := range options {
		key, value, found := strings.Cut(option, "=")
		if !found || key == "" {
			return nil, fmt.Errorf("signer header %q is not of the form key=value", option)
		}
		headers.Set(key, value)
	}
	return headers, nil
}

// RemoteSigner has blocks signed by an op-signer, with opsigner_signBlockPayloadV2, or opsigner_signBlockPayload where the
// server does not know that one. It does not take the server's word for anything: each signature is checked.
type RemoteSigner struct {
	client  *rpc.Client
	address common.Address
	timeout time.Duration
	old     atomic.Bool // the server knows the first method only
}

// DialRemoteSigner connects to a signer and asks for its health_status.
func DialRemoteSigner(ctx context.Context, cfg RemoteSignerConfig) (*RemoteSigner, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultSignerTimeout
	}
	transport, err := cfg.transport()
	if err != nil {
		return nil, err
	}
	client, err := rpc.DialOptions(ctx, cfg.Endpoint,
		rpc.WithHTTPClient(&http.Client{Transport: transport}), rpc.WithHeaders(cfg.Headers))
	if err != nil {
		return nil, fmt.Errorf("dial signer %s: %w", cfg.Endpoint, err)
	}
	s := &RemoteSigner{client: client, address: cfg.Address, timeout: cfg.Timeout}
	var version string
	if err := s.call(ctx, &version, "health_status"); err != nil {
		client.Close()
		return nil, err
	}
	return s, nil
}

func (cfg *RemoteSignerConfig) transport() (*http.Transport, error) {
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("read signer endpoint: %w", err)
	}
	if endpoint.Scheme != "https" && endpoint.Scheme != "http" {
		return nil, fmt.Errorf("signer endpoint %s is neither https nor http", endpoint.Redacted())
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if cfg.TLS == nil {
		return transport, nil
	}
	if endpoint.Scheme != "https" {
		return nil, fmt.Errorf("signer endpoint %s is not https: the client certificate would not be used", endpoint.Redacted())
	}
	authorities, err := os.ReadFile(cfg.TLS.CA)
	if err != nil {
		return nil, fmt.Errorf("read signer authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("read signer authorities: no certificate in %s", cfg.TLS.CA)
	}
	if _, err := cfg.TLS.clientCertificate(nil); err != nil {
		return nil, err
	}
	transport.TLSClientConfig = &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: pool, GetClientCertificate: cfg.TLS.clientCertificate,
	}
	return transport, nil
}

// clientCertificate is asked for whenever a connection is made.
func (f *TLSFiles) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("read signer client certificate: %w", err)
	}
	return &pair, nil
}

// blockArgs are the arguments of opsigner_signBlockPayloadV2.
type blockArgs struct {
	Domain      eth.Bytes32    `json:"domain"`
	ChainID     string         `json:"chainId"` // decimal
	PayloadHash common.Hash    `json:"payloadHash"`
	Sender      common.Address `json:"senderAddress"`
}

// oldBlockArgs are those of opsigner_signBlockPayload, which shows what Go's JSON does with bytes if one lets it.
type oldBlockArgs struct {
	Domain      [32]byte       `json:"domain"` // 32 numbers
	ChainID     *big.Int       `json:"chainId"`
	PayloadHash []byte         `json:"payloadHash"` // base64
	Sender      common.Address `json:"senderAddress"`
}

// codeMethodNotFound is JSON-RPC's code for a method that the server does not have.
const codeMethodNotFound = -32601

// SignBlock has a block signed. An error is also a signature that is not of the configured key.
func (s *RemoteSigner) SignBlock(ctx context.Context, chainID *big.Int, payloadHash common.Hash) (Signature, error) {
	sig, err := s.sign(ctx, chainID, payloadHash)
	if err != nil {
		return Signature{}, err
	}
	by, err := Recover(SigningHash(chainID, payloadHash), sig)
	if err != nil {
		return Signature{}, fmt.Errorf("check answer of signer: %w", err)
	}
	if by != s.address {
		return Signature{}, fmt.Errorf("signer signed as %s, configured is %s", by, s.address)
	}
	return sig, nil
}

func (s *RemoteSigner) sign(ctx context.Context, chainID *big.Int, payloadHash common.Hash) (sig Signature, err error) {
	if !s.old.Load() {
		err = s.call(ctx, &sig, "opsigner_signBlockPayloadV2",
			blockArgs{Domain: signingDomain, ChainID: chainID.String(), PayloadHash: payloadHash, Sender: s.address})
		var answer rpc.Error
		if !errors.As(err, &answer) || answer.ErrorCode() != codeMethodNotFound {
			return sig, err
		}
		s.old.Store(true)
	}
	err = s.call(ctx, &sig, "opsigner_signBlockPayload",
		oldBlockArgs{Domain: signingDomain, ChainID: chainID, PayloadHash: payloadHash[:], Sender: s.address})
	return sig, err
}

func (s *RemoteSigner) call(ctx context.Context, result any, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.client.CallContext(ctx, result, method, args...); err != nil {
		return fmt.Errorf("call signer, %s: %w", method, err)
	}
	return nil
}

// Address is the configured one.
func (s *RemoteSigner) Address() common.Address { return s.address }

// Close gives up the connections.
func (s *RemoteSigner) Close() { s.client.Close() }
