package races

import "testing"

// TestCheck: the checker takes what one register explains, and nothing else.
func TestCheck(t *testing.T) {
	in := func(device int, epoch, over uint64, call, end int64) Event {
		return Event{Kind: SignIn, Answer: In, Device: device, Epoch: epoch, TakeOver: over, Call: call, Return: end}
	}
	act := func(epoch uint64, a Answer, call, end int64) Event {
		return Event{Kind: Act, Answer: a, Epoch: epoch, Call: call, Return: end}
	}
	asked := Event{Kind: SignIn, Device: 2, Epoch: 1, Call: 3, Return: 4}
	told := func(epoch uint64, at int64) Event { return Event{Kind: Told, Epoch: epoch, Call: at, Return: at} }
	died := Event{Kind: SignIn, Answer: Unheard, Device: 2, TakeOver: 1, Call: 5, Return: 6}
	for why, c := range map[string]struct {
		good   bool
		events []Event
	}{
		"a takeover":                          {true, []Event{in(1, 1, 0, 1, 2), asked, in(2, 3, 1, 5, 6), told(1, 7), act(3, In, 8, 9)}},
		"a push beside the takeover":          {true, []Event{in(1, 1, 0, 1, 2), in(2, 3, 1, 5, 8), act(1, In, 6, 9)}},
		"a push after the takeover's answer":  {false, []Event{in(1, 1, 0, 1, 2), in(2, 3, 1, 5, 6), act(1, In, 7, 8)}},
		"two that nobody asked":               {false, []Event{in(1, 1, 0, 1, 2), in(2, 3, 0, 3, 4)}},
		"two by one question":                 {false, []Event{in(1, 1, 0, 1, 2), in(2, 3, 1, 3, 6), in(3, 5, 1, 4, 7)}},
		"the live one is refused":             {false, []Event{in(1, 1, 0, 1, 2), act(1, Refused, 3, 4)}},
		"told, and live":                      {false, []Event{in(1, 1, 0, 1, 2), told(1, 3), act(1, In, 4, 5)}},
		"an epoch twice":                      {false, []Event{in(1, 3, 0, 1, 2), in(2, 3, 3, 3, 4)}},
		"died before the commit":              {true, []Event{in(1, 1, 0, 1, 2), died, act(1, In, 7, 8)}},
		"died after the commit":               {true, []Event{in(1, 1, 0, 1, 2), died, act(1, Refused, 7, 8), in(2, 5, 0, 9, 10)}},
		"died after the commit, and undone":   {false, []Event{in(1, 1, 0, 1, 2), died, act(1, Refused, 7, 8), act(1, In, 9, 10)}},
		"told before a commit that never was": {false, []Event{in(1, 1, 0, 1, 2), died, told(1, 7), act(1, In, 8, 9)}},
		"ended, and nobody is live":           {true, []Event{in(1, 1, 0, 1, 2), {Kind: End, Answer: In, Call: 3, Return: 4}, act(1, Refused, 5, 6), in(2, 4, 0, 7, 8)}},
		"ended, and live":                     {false, []Event{in(1, 1, 0, 1, 2), {Kind: End, Answer: In, Call: 3, Return: 4}, act(1, In, 5, 6)}},
		"nothing was ended, but one was live": {false, []Event{in(1, 1, 0, 1, 2), {Kind: End, Call: 3, Return: 4}}},
	} {
		if wrong := Check(c.events); (wrong == "") != c.good {
			t.Errorf("%s: %q, want it to be right: %v", why, wrong, c.good)
		}
	}
}
