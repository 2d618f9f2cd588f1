package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// matrixFile is the page of the tables.
const matrixFile = "reference/who-sees-what.md"

// matrix is what the page says.
type matrix struct {
	people []castMember
	cells  []matrixCell
}

// castMember is a line of the table of people.
type castMember struct {
	name, company string
	kind          model.UserKind
	levels        map[string]string
}

// matrixCell says which records of a row somebody sees, or on which they may do something.
type matrixCell struct {
	line  int
	does  bool // it is about doing; else about seeing
	row   string
	who   string       // of the people, or
	perms []string     // the permissions of the web set that
	level access.Level // have this level, of somebody of the office who may all else
	words []string
}

var cellWords = []string{"all", "assigned", "own", "company", "none"}

// readMatrix reads the page; what is not as a table of it has to be fails the test with its line.
func readMatrix(t *testing.T, text string) *matrix {
	t.Helper()
	m := &matrix{}
	var head []string
	for i, raw := range strings.Split(text, "\n") {
		line, ok := strings.CutPrefix(raw, "|")
		if !ok {
			head = nil
			continue
		}
		parts := strings.Split(strings.TrimSuffix(line, "|"), "|")
		for k := range parts {
			parts[k] = strings.TrimSpace(parts[k])
		}
		switch {
		case head == nil:
			head = parts
		case strings.HasPrefix(parts[0], "---"):
		case len(parts) != len(head):
			t.Fatalf("%s:%d: %d columns under %d", matrixFile, i+1, len(parts), len(head))
		case head[0] == "who":
			m.people = append(m.people, person(t, i+1, parts))
		default:
			m.row(t, i+1, head, parts)
		}
	}
	return m
}

func person(t *testing.T, line int, parts []string) castMember {
	t.Helper()
	kind, ok := model.ParseUserKind(parts[1])
	if !ok {
		t.Fatalf("%s:%d: %q is no kind", matrixFile, line, parts[1])
	}
	p := castMember{name: parts[0], kind: kind, company: parts[2], levels: map[string]string{}}
	for pair := range strings.FieldsSeq(parts[3]) {
		name, level, _ := strings.Cut(pair, "=")
		p.levels[name] = level
	}
	return p
}

// row is the cells of one row.
func (m *matrix) row(t *testing.T, line int, head, parts []string) {
	t.Helper()
	title, byLevel := strings.CutSuffix(head[0], ", by level")
	if title != "sees" && title != "does" {
		t.Fatalf("%s:%d: a table of %q", matrixFile, line, head[0])
	}
	c := matrixCell{line: line, does: title == "does", row: parts[0]}
	if byLevel {
		name, perms, ok := strings.Cut(parts[0], " (")
		if !ok {
			t.Fatalf("%s:%d: no permission in %q", matrixFile, line, parts[0])
		}
		c.row, c.perms = name, strings.Split(strings.TrimSuffix(perms, ")"), ", ")
	}
	for k, text := range parts[1:] {
		c.who, c.words = head[k+1], strings.Split(text, ", ")
		if byLevel {
			e, ok := access.Lookup(access.Web, c.perms[0])
			level, err := access.ParseLevel(e, head[k+1])
			if !ok || err != nil {
				t.Fatalf("%s:%d: %q of %q: %v", matrixFile, line, head[k+1], c.perms, err)
			}
			c.level, c.who = level, fmt.Sprintf("office, %s %s", strings.Join(c.perms, "+"), level)
		} else if !slices.ContainsFunc(m.people, func(p castMember) bool { return p.name == c.who }) {
			t.Fatalf("%s:%d: there is nobody called %q", matrixFile, line, c.who)
		}
		for _, w := range c.words {
			if !slices.Contains(cellWords, w) || w == "none" && len(c.words) > 1 {
				t.Fatalf("%s:%d: %q is no cell; its words are %v", matrixFile, line, text, cellWords)
			}
		}
		m.cells = append(m.cells, c)
	}
}
