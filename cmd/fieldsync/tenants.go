package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

func tenantsSettings(f *flag.FlagSet) action {
	asJSON := f.Bool("json", false, "answer in JSON")
	ask := askFlags(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, -1, "NAME [KEY=VALUE…]"); err != nil {
			return err
		}
		change, err := settingsOf(c.args[1:])
		if err != nil {
			return err
		}
		a := asking{tenant: c.args[0], json: *asJSON}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			return c.changeSettings(ctx, cl, officePath(tenant, nobody, "settings"), a.json, change, *ask)
		})
	}
}

// settingsOf reads KEY=VALUE pairs, each value as its setting is declared: a text that looks like a number stays a text. What is
// not of the declared kind is sent as a text, and the gateway says what is wrong with it.
func settingsOf(pairs []string) (map[string]json.RawMessage, error) {
	out, texts := map[string]json.RawMessage{}, textSettings()
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, usagef("%q: want KEY=VALUE, as policy_mobile=refuse", pair)
		}
		if _, twice := out[key]; twice {
			return nil, usagef("%s is set twice", key)
		}
		_, err := strconv.ParseInt(value, 10, 64)
		if !texts[key] && (err == nil || value == "true" || value == "false") {
			out[key] = json.RawMessage(value)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		out[key] = text
	}
	return out, nil
}

// textSettings are the names of the settings that are texts.
func textSettings() map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[api.SettingsChange]()) {
		if f.Type == reflect.TypeFor[*string]() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			out[name] = true
		}
	}
	return out
}

// changeSettings shows the settings at an address, after a change if one is asked for.
func (c *call) changeSettings(ctx context.Context, cl *client, at string, asJSON bool, change map[string]json.RawMessage, ask web.Ask) error {
	all := map[string]json.RawMessage{}
	var err error
	if len(change) == 0 {
		err = cl.do(ctx, http.MethodGet, at, nil, &all)
	} else {
		query := url.Values{"confirm": {strconv.FormatBool(ask.Confirm)}, "dry_run": {strconv.FormatBool(ask.DryRun)}}
		err = cl.do(ctx, http.MethodPatch, at+"?"+query.Encode(), change, &all)
	}
	if err != nil {
		return err
	}
	return c.print(asJSON, all, func(w io.Writer) {
		var effect web.RightsEffect
		if raw, changed := all["effect"]; changed && json.Unmarshal(raw, &effect) == nil {
			did := map[bool]string{false: "changed", true: "it would be so"}[ask.DryRun]
			fmt.Fprintf(c.err, "%s%s\n", did, takesText(effect.Takes, ask.DryRun))
		}
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if key != "effect" {
				fmt.Fprintf(w, "%s\t%s\n", key, strings.Trim(string(all[key]), `"`))
			}
		}
	})
}
