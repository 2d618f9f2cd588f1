package bench

// bar is what a figure of a scenario is held to. The numbers are the first ones; they are raised, never lowered.
type bar struct {
	scenario    string
	size        int
	figure      figure
	of          string // ratio, gateway
	least, most float64
}

// What a bar is of.
const (
	ofRatio   = "ratio"
	ofGateway = "gateway"
)

func bars() []bar {
	const none = -1
	return []bar{
		{scenarioPush, 64, figureRate, ofRatio, 0.5, none},
		{scenarioDrain, 64, figureRate, ofRatio, 0.5, none},
		{scenarioSync + "_" + string(Plain), 10_000, figureTime, ofRatio, none, 3},
		{scenarioListen, 100, figureP50, ofRatio, none, 2.5},
		{scenarioRevoke, 200, figurePushSlower, ofGateway, none, 2},
		{scenarioRevoke, 200, figureBytes, ofGateway, none, 20},
		{scenarioKick, 200, figureP99, ofGateway, none, 100},
		{scenarioFlood, 128, figureGrowth, ofGateway, none, 256},
		{scenarioIdle, 10_000, figureEach, ofGateway, none, 20},
		{scenarioResume, 5000, figureLastCurrent, ofRatio, none, 4},
		{scenarioResume, 5000, figureHashes, ofGateway, none, 0},
	}
}

// judge holds a figure to its bar, when it was measured.
func (b bar) judge(r *Report) {
	for i := range r.Results {
		x := &r.Results[i]
		if x.Scenario != b.scenario || x.Size != b.size {
			continue
		}
		f := x.figure(b.figure)
		var value float64
		switch {
		case b.of == ofRatio && f.Ratio != nil:
			value = *f.Ratio
		case b.of == ofGateway && f.Gateway != nil:
			value = f.Gateway.Median
		default:
			continue
		}
		f.Bar = &Bar{Of: b.of, Met: true}
		if b.least >= 0 {
			f.Bar.Least, f.Bar.Met = &b.least, value >= b.least
		}
		if b.most >= 0 {
			f.Bar.Most, f.Bar.Met = &b.most, f.Bar.Met && value <= b.most
		}
	}
}
