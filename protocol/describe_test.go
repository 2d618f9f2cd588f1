package protocol_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
)

// TestDescribeRedacts: a captured frame goes into a ticket; whoever reads the ticket must not be able to sign in.
func TestDescribeRedacts(t *testing.T) {
	all := samples(t)
	hello := all["hello"].(*protocol.Hello)
	for _, row := range []struct {
		message string
		secret  string
		why     string
	}{
		{"hello", hex.EncodeToString(hello.Secret[:4]), "the session token"},
		{"hello", "1152921504606846976", "the connection token"},
		{"hello", hex.EncodeToString(hello.Signature[:4]), "the signature"},
		{"welcome", "1152921504606846977", "the connection token"},
		{"page", strings.Repeat("c0", 4), "the cursor"},
		{"page", strings.Repeat("b5", 4), "the base token"},
		{"resume", strings.Repeat("c0", 4), "the cursor"},
		{"push", strings.Repeat("b5", 4), "the base token"},
		{"push", strings.Repeat("ee", 4), "a receipt"},
		{"answers", strings.Repeat("ee", 4), "a receipt"},
	} {
		text := protocol.Describe(protocol.Encode(all[row.message]))
		if strings.Contains(text, row.secret) {
			t.Errorf("%s shows %s:\n%s", row.message, row.why, text)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, row := range []struct {
		frame []byte
		want  string
		why   string
	}{
		{protocol.Encode(samples(t)["push"]), `2 = "travel"`, "values are what one looks for"},
		{protocol.Encode(samples(t)["bye"]), "4101 ended by the office", "codes are said in words"},
		{protocol.Encode(samples(t)["page"]), `5 = "in_progress"`, "the body is opened"},
		{unhex(t, "dd01000000"), "declares more than there is", "what is wrong with a bomb"},
		{unhex(t, "921501"), "unknown message", "what a newer peer said"},
	} {
		if got := protocol.Describe(row.frame); !strings.Contains(got, row.want) {
			t.Errorf("%s: got\n%s\nwant %q in it", row.why, got, row.want)
		}
	}
}
