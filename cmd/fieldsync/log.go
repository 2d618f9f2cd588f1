package main

import (
	"io"
	"log/slog"
)

// newLog makes the log that the settings ask for.
func newLog(w io.Writer, set *settings) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(set.logLevel)); err != nil {
		return nil, usagef("log-level %q is none of debug, info, warn, error", set.logLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch set.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, usagef("log-format %q is none of text, json", set.logFormat)
}
