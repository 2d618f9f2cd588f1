package sheet_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// byStandard is what the standard library reads, as sheet.Tokens says it. plain is false when it is nothing that a workbook
// has: attributes twice, directives, names with colons of their own, text around the whole.
func byStandard(text string) (out string, plain bool, err error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var b, said strings.Builder
	depth, deepest := 0, 0
	plain = true
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), plain && deepest <= 60, nil
		}
		if err != nil {
			return b.String(), plain, err
		}
		switch x := token.(type) {
		case xml.CharData:
			said.Write(x)
			plain = plain && (depth > 0 || strings.TrimSpace(string(x)) == "")
			continue
		case xml.StartElement:
			depth++
			deepest = max(deepest, depth)
			tell(&b, &said)
			fmt.Fprintf(&b, "%s", x.Name.Local)
			seen := map[string]bool{}
			for _, a := range x.Attr {
				plain = plain && !seen[a.Name.Local] && fineName(a.Name.Local)
				seen[a.Name.Local] = true
				fmt.Fprintf(&b, " %s=%q", a.Name.Local, a.Value)
			}
			plain = plain && fineName(x.Name.Local)
			b.WriteByte('\n')
		case xml.EndElement:
			depth--
			tell(&b, &said)
			fmt.Fprintf(&b, "/%s\n", x.Name.Local)
		case xml.Directive:
			plain = false
		}
	}
}

func tell(b, said *strings.Builder) {
	if said.Len() > 0 {
		fmt.Fprintf(b, "%q\n", said.String())
		said.Reset()
	}
}

func fineName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == "" && name != ""
}

// TestXML: texts that are read as the standard library reads them, and what is refused.
func TestXML(t *testing.T) {
	big := strings.Repeat("x", 200_000)
	for _, text := range []string{
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a/>`,
		"\n<a>\n<b>1</b>\n</a>\n",
		`<x:a xmlns:x="urn:x" x:b='1' c = "2"><x:b/></x:a >`,
		`<a b="x>y" c='"'>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;&#xe9;</a>`,
		`<a b="&amp;&#10;"/>`,
		"<a>one\r\ntwo\rthree&#13;</a>",
		`<a>x<!-- <b> -- > --->y</a>`,
		`<a>x<![CDATA[<b>&amp;]]]]>y</a>`,
		`<a><?pi with > in it?></a>`,
		"<a>" + big + "</a>",
		`<a b="` + strings.Repeat(">", 100_000) + `"/>`,
	} {
		got, err := sheet.Tokens(text)
		want, plain, wrong := byStandard(text)
		if strings.Contains(text, "-- >") { // the standard library wants no two hyphens in a comment; programs write them
			want, plain, wrong = "a\n\"xy\"\n/a\n", true, nil
		}
		if err != nil || wrong != nil || !plain || got != want {
			t.Errorf("%.80q: %.200s, %v, want %.200s, %v", text, got, err, want, wrong)
		}
	}
	for text, want := range map[string]string{
		"<a>":           "it is cut",
		"<a><b></a>":    "it is not XML",
		"</a>":          "it is not XML",
		"<a":            "it is cut",
		"<a b>":         "it is not XML",
		"<a b=1/>":      "it is not XML",
		"<a>&nbsp;</a>": "it has the entity &nbsp;",
		"<a>&</a>":      "it is not XML",
		"<a>&#0;</a>":   "it has the entity &#0;",
		"<a>\x00</a>":   "it has the character U+0000",
		"<a>\xff</a>":   "its characters are not in UTF-8",
		`<?xml version="1.0" encoding="UTF-16"?><a/>`: "its characters are not in UTF-8",
		`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`:    "it is not XML",
		"<a><!-- </a>":            "it is cut",
		"<a><![CDATA[ </a>":       "it is cut",
		"<a/>" + "x":              "it is cut",
		strings.Repeat("<a>", 65): "more than 64 deep",
		"<a>" + strings.Repeat("x", 1<<20+1) + "</a>":      "larger than 1024 KiB",
		"<a b='" + strings.Repeat("x", 1<<20) + "'/>":      "larger than 1024 KiB",
		"<a><!--" + strings.Repeat("x", 1<<20) + "--></a>": "larger than 1024 KiB",
	} {
		if _, err := sheet.Tokens(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// FuzzXML: whatever the bytes, nothing panics, and what the standard library reads is read just so.
func FuzzXML(f *testing.F) {
	f.Add(`<?xml version="1.0"?><w:row xmlns:w="u" r="1"><c t='s'><v>1 &amp; 2</v><is><t xml:space="preserve"> x</t></is></c><c/></w:row>`)
	f.Add("<a><![CDATA[x]]>\r\n<!-- y --><?z?></a>")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := sheet.Tokens(text)
		want, plain, wrong := byStandard(text)
		if wrong == nil && plain && (err != nil || got != want) {
			t.Fatalf("%q is read as\n%s, %v; want\n%s", text, got, err, want)
		}
	})
}
