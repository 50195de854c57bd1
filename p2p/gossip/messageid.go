package gossip

import (
	"crypto/sha256"
	"encoding/binary"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
)

const messageIDBytes = 20

// The domains keep a message that does not decompress apart from one that decompresses to the same bytes.
var (
	domainInvalidSnappy = [4]byte{0, 0, 0, 0}
	domainValidSnappy   = [4]byte{1, 0, 0, 0}
)

// MessageID identifies a message by its content: the first 20 bytes of SHA-256 over domain, length of the topic (8 bytes,
// little endian), topic, and the decompressed data; over the data as it is, in another domain, where it does not
// decompress to at most MaxMessageSize. The specs' formula leaves the topic out, op-node's does not (RULES 11.1), and who
// deduplicates by another id than its neighbours gets each message twice.
func MessageID(topic string, data []byte) string {
	buf := getBuffer()
	defer putBuffer(buf)
	domain, content := domainInvalidSnappy, data
	if plain, reason := decompress(*buf, data); reason == OK {
		domain, content = domainValidSnappy, plain
		*buf = plain
	}
	h := sha256.New()
	h.Write(domain[:])
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(topic)))
	h.Write(length[:])
	h.Write([]byte(topic))
	h.Write(content)
	var sum [sha256.Size]byte
	return string(h.Sum(sum[:0])[:messageIDBytes])
}

// messageID is MessageID in the form that gossipsub asks for.
func messageID(m *pb.Message) string { return MessageID(m.GetTopic(), m.GetData()) }
