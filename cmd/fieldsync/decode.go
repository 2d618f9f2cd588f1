package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/fieldsync/fieldsync/protocol"
)

// maxDecode bounds what decode reads: a frame in hexadecimal with spaces.
const maxDecode = 4 * protocol.MaxFrame

func decodeCommand(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if err := c.want(0, 1, "[FILE]"); err != nil {
			return err
		}
		in := c.in
		if len(c.args) == 1 && c.args[0] != "-" {
			file, err := os.Open(c.args[0])
			if err != nil {
				return usagef("%v", err)
			}
			defer file.Close()
			in = file
		}
		raw, err := io.ReadAll(io.LimitReader(in, maxDecode))
		if err != nil {
			return fmt.Errorf("read a frame: %w", err)
		}
		frame := frameOf(raw)
		fmt.Fprintln(c.out, strings.TrimRight(protocol.Describe(frame), "\n"))
		if _, err := protocol.Decode(frame); err != nil {
			return errors.New("this is no good frame; protocol/SPEC.md says what one is")
		}
		return nil
	}
}

// frameOf finds the frame in what was given: a frame begins with a msgpack array, which no text does.
func frameOf(raw []byte) []byte {
	text := bytes.TrimSpace(raw)
	if len(text) == 0 || text[0] >= 0x80 {
		return raw
	}
	squeezed := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n:", r) {
			return -1
		}
		return r
	}, strings.TrimPrefix(string(text), "0x"))
	if frame, err := hex.DecodeString(squeezed); err == nil {
		return frame
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if frame, err := encoding.DecodeString(squeezed); err == nil {
			return frame
		}
	}
	return raw
}

// version is what this binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(text, s.Value[:12]) {
			text += " " + s.Value[:12]
		}
	}
	return text
}

func versionCommand(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		fmt.Fprintf(c.out, "fieldsync %s, protocol %d to %d\n", version(), protocol.Oldest, protocol.Version)
		return nil
	}
}
