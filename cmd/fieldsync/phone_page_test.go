package main

import (
	"bytes"
	"testing"
)

// A terminal's lines are broken at spaces; what a program reads is left as it is.
func TestPage(t *testing.T) {
	for _, row := range []struct{ why, in, want string }{
		{"it fits", "* online\n> ", "* online\n> "},
		{"as wide as the terminal", "a line that is exactly as wide as this it\n", "a line that is exactly as wide as this it\n"},
		{"broken at a space", "* to review: conflict, Ben Boyle: description of 4711\n", "* to review: conflict, Ben Boyle:\n  description of 4711\n"},
		{"below its text", "    ✓ the card has the site's address, 86 ms after\n", "    ✓ the card has the site's address, 86\n      ms after\n"},
		{"more than once", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen\n", "one two three four five six seven eight\n  nine ten eleven twelve thirteen\n  fourteen\n"},
		{"a key is copied whole", "key fsk_0123456789012345678901234567890123456789\n", "key\n  fsk_0123456789012345678901234567890123456789\n"},
		{"letters, not bytes", "äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü ä\n", "äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü ä\n"},
	} {
		var out bytes.Buffer
		n, err := (&page{&out, func() int { return 41 }}).Write([]byte(row.in))
		if err != nil || n != len(row.in) || out.String() != row.want {
			t.Errorf("%s: %d, %v, %q, want %q", row.why, n, err, out.String(), row.want)
		}
	}
	var program bytes.Buffer
	if w := fitting(&program); w != &program {
		t.Errorf("what a program reads goes through %T", w)
	}
}
