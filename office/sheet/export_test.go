package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Tokens is what is read of XML, a line for each token; texts that stand side by side are one.
func Tokens(text string) (string, error) {
	t := newTokens(strings.NewReader(text))
	var out, said strings.Builder
	for {
		what, err := t.next()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		if what == says {
			said.Write(t.said)
			continue
		}
		if said.Len() > 0 {
			fmt.Fprintf(&out, "%q\n", said.String())
			said.Reset()
		}
		if what == ends {
			fmt.Fprintf(&out, "/%s\n", t.name)
			continue
		}
		fmt.Fprintf(&out, "%s", t.name)
		for _, a := range t.attributes {
			fmt.Fprintf(&out, " %s=%q", a.name, t.attribute(string(a.name)))
		}
		out.WriteByte('\n')
	}
}
