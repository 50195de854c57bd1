package obs

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// exported reads golden lists: the labels of each metric, without those that Prometheus adds.
func exported(t *testing.T, lists ...string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, name := range lists {
		list, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(list)) {
			f := append(strings.Fields(line), "")
			out[f[0]] = strings.Split(f[2], ",")
		}
	}
	return out
}

// The metrics of this package, and those of gossip, which a node serves with them.
const ofObs, ofGossip = "testdata/metrics.txt", "../p2p/testdata/metrics.txt"

// words of PromQL that may stand where a metric may.
var promQL = strings.Fields("absent by max sum and on ignoring increase rate deriv time label_values")

var (
	promString = regexp.MustCompile(`"[^"]*"`)
	promRange  = regexp.MustCompile(`\[[^\]]*\]`)
	promLabels = regexp.MustCompile(`\b(?:by|on|ignoring) ?\(([^)]*)\)`)
	promQuery  = regexp.MustCompile(`\blabel_values\((.*), (\w+)\)`)
	promWith   = regexp.MustCompile(`(\w+)\{([^}]*)\}`)
	promMatch  = regexp.MustCompile(`^(\w+)(=~|!~|!=|=)""$`)
	promWord   = regexp.MustCompile(`[A-Za-z_]\w*`)
)

// checkPromQL finds what an expression names that is not there, and how many metrics it names.
func checkPromQL(expr string, metrics map[string][]string) (problems []string, used int) {
	known := func(label string, of []string) {
		if !slices.Contains(of, label) && label != "job" && label != "instance" {
			problems = append(problems, "no label "+label)
		}
	}
	bare := promRange.ReplaceAllString(promString.ReplaceAllString(expr, `""`), "")
	if strings.Count(bare, "(") != strings.Count(bare, ")") || strings.Count(bare, "{") != strings.Count(bare, "}") {
		problems = append(problems, "brackets do not match")
	}
	bare = promQuery.ReplaceAllString(bare, "$1")
	for _, m := range promWith.FindAllStringSubmatch(bare, -1) {
		for matcher := range strings.SplitSeq(m[2], ",") {
			if parts := promMatch.FindStringSubmatch(matcher); parts == nil {
				problems = append(problems, "no matcher: "+matcher)
			} else {
				known(parts[1], metrics[m[1]])
			}
		}
	}
	bare = promWith.ReplaceAllString(bare, "$1")
	var grouped []string
	for _, m := range promLabels.FindAllStringSubmatch(bare, -1) {
		grouped = append(grouped, strings.Split(strings.ReplaceAll(m[1], " ", ""), ",")...)
	}
	bare = promLabels.ReplaceAllString(bare, "")
	var labels []string
	for _, word := range promWord.FindAllString(bare, -1) {
		if of, ok := metrics[word]; ok {
			used++
			labels = append(labels, of...)
		} else if !slices.Contains(promQL, word) {
			problems = append(problems, "no metric "+word)
		}
	}
	for _, label := range grouped {
		known(label, labels)
	}
	return problems, used
}

func TestCheckPromQL(t *testing.T) {
	metrics := map[string][]string{"a_total": {"x"}, "b": {""}}
	for expr, want := range map[string]string{
		`sum by (job, x) (rate(a_total{x="1",job=~"$job"}[5m])) > 0`: "",
		`label_values(b{job=~"$job"}, instance)`:                     "",
		`a_totl`:                                                     "no metric a_totl",
		`a_total{y="1"}`:                                             "no label y",
		`b{x="1"}`:                                                   "no label x",
		`sum by (y) (a_total)`:                                       "no label y",
		`rate(a_total[5m]`:                                           "brackets do not match",
		`a_total{x}`:                                                 "no matcher: x",
		`a_total - ignoring(z) b`:                                    "no label z",
		`a_total{x="1"} / on (instance) rte(b)`:                      "no metric rte",
		`a_total{x="no_such_name and others{}()"}`:                   "",
	} {
		if got, _ := checkPromQL(expr, metrics); strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

func TestDashboardShowsWhatIsExported(t *testing.T) {
	text, err := os.ReadFile("../dashboard/cairn.json")
	if err != nil {
		t.Fatal(err)
	}
	type source struct{ Type, UID string }
	var d struct {
		Title, UID    string
		SchemaVersion int
		ID            *int
		Templating    struct {
			List []struct{ Name, Type, Definition string }
		}
		Panels []struct {
			ID          int
			Type, Title string
			Description string
			Datasource  source
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct {
				RefID, Expr string
				Datasource  source
			}
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.SchemaVersion != 42 || d.Title == "" || d.UID == "" || d.ID != nil {
		t.Errorf("schema %d, title %q, uid %q, id %v", d.SchemaVersion, d.Title, d.UID, d.ID)
	}
	metrics, used, shown := exported(t, ofObs, ofGossip), 0, make(map[string]bool)
	check := func(where, expr string) {
		problems, n := checkPromQL(expr, metrics)
		if used += n; n == 0 || len(problems) > 0 {
			t.Errorf("%s: %s: %q", where, expr, problems)
		}
		for name := range metrics {
			if strings.Contains(expr, name+"{") {
				shown[name] = true
			}
		}
	}
	variables := 0
	for _, v := range d.Templating.List {
		if v.Type == "query" {
			variables++
			check("variable "+v.Name, v.Definition)
		}
	}
	ids, cells := make(map[int]bool), make(map[[2]int]string)
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("panel %d is there twice", p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Errorf("%q lies on %q at %d, %d", p.Title, other, x, y)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if len(p.Targets) == 0 || p.Description == "" || p.Datasource != (source{"prometheus", "${datasource}"}) {
			t.Errorf("panel %q: %d targets, %q, %v", p.Title, len(p.Targets), p.Description, p.Datasource)
		}
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	if variables != 2 || used < 30 {
		t.Errorf("%d variables, %d uses of metrics", variables, used)
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if strings.HasPrefix(name, "cairn_") && !shown[name] && name != "cairn_sequencer_enabled" && name != "cairn_next_fork_time" {
			t.Errorf("%s is not shown", name)
		}
	}
}

// rule is an alert of alerts.yaml.
type rule map[string]string

// parseRules reads the part of YAML that alerts.yaml is written in; anything else is an error.
func parseRules(t *testing.T, text string) (rules []rule) {
	t.Helper()
	field := regexp.MustCompile(`^(        |          )(expr|for|labels|annotations|summary|description):(?: (.+))?$`)
	alert := regexp.MustCompile(`^      - alert: (\w+)$`)
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if m := alert.FindStringSubmatch(line); m != nil {
			rules = append(rules, rule{"alert": m[1]})
			continue
		}
		if m := field.FindStringSubmatch(line); m != nil && len(rules) > 0 {
			value := m[3]
			if strings.HasPrefix(value, `"`) {
				var err error
				if value, err = strconv.Unquote(value); err != nil {
					t.Errorf("line %d: %v", i+1, err)
				}
			} else if m[2] != "labels" && (strings.Contains(value, ": ") || strings.Contains(value, " #") || strings.ContainsAny(value[:min(1, len(value))], "{[&*!|>'%@`")) {
				t.Errorf("line %d: not a plain value: %s", i+1, value)
			}
			r := rules[len(rules)-1]
			if _, twice := r[m[2]]; twice || (m[1] == "          ") != (m[2] == "summary" || m[2] == "description") {
				t.Errorf("line %d: %s", i+1, line)
			}
			r[m[2]] = value
			continue
		}
		if !strings.HasPrefix(line, "#") && !slices.Contains([]string{"groups:", "  - name: cairn", "    rules:"}, line) {
			t.Errorf("line %d: %q", i+1, line)
		}
	}
	return rules
}

func TestAlertsAskForWhatIsExported(t *testing.T) {
	text, err := os.ReadFile("../dashboard/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules := parseRules(t, string(text))
	if len(rules) < 10 {
		t.Errorf("%d rules", len(rules))
	}
	severity := regexp.MustCompile(`^\{ severity: (critical|warning|info) \}$`)
	label := regexp.MustCompile(`\$labels\.(\w+)`)
	metrics, names := exported(t, ofObs, ofGossip), make(map[string]bool)
	for _, r := range rules {
		name := r["alert"]
		if names[name] || !severity.MatchString(r["labels"]) || r["summary"] == "" {
			t.Errorf("%v", r)
		}
		names[name] = true
		problems, used := checkPromQL(r["expr"], metrics)
		if used == 0 || len(problems) > 0 {
			t.Errorf("%s: %q", name, problems)
		}
		if pending := r["for"]; pending != "" && !regexp.MustCompile(`^\d+[smh]$`).MatchString(pending) {
			t.Errorf("%s: for %s", name, pending)
		}
		var labels []string
		for metric, of := range metrics {
			if strings.Contains(r["expr"], metric) {
				labels = append(labels, of...)
			}
		}
		for _, m := range label.FindAllStringSubmatch(r["summary"], -1) {
			if m[1] != "instance" && !slices.Contains(labels, m[1]) {
				t.Errorf("%s: summary has no label %s", name, m[1])
			}
		}
	}
}
