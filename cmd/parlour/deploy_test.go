package main

import (
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats-server/v2/server"
	"go.yaml.in/yaml/v3"
)

// documents are those of a file in deploy, which has at least one.
func documents(t *testing.T, name string) (all []map[string]any) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for decoder := yaml.NewDecoder(f); ; {
		var document map[string]any
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all
		case err != nil:
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, document)
	}
}

// in walks down a document by keys and places in lists.
func in[T any](t *testing.T, document any, path ...any) (found T) {
	t.Helper()
	for _, step := range path {
		switch at := document.(type) {
		case map[string]any:
			document = at[step.(string)]
		case []any:
			document = at[step.(int)]
		}
	}
	found, ok := document.(T)
	if !ok {
		t.Fatalf("at %v is %#v", path, document)
	}
	return found
}

var composed = regexp.MustCompile(`\$\{\w+(:[-?][^}]*)?\}`)

// plannedNode is a node as compose or Kubernetes starts it.
type plannedNode struct {
	environment map[string]string
	toStop      time.Duration // how long it is given
	toNotice    time.Duration // how long the balancer takes to see that it is not ready
	together    int           // how many there are at most
}

func composedNodes(t *testing.T) map[string]plannedNode {
	t.Helper()
	services := in[map[string]any](t, documents(t, "compose.yaml")[0], "services")
	nodes := make(map[string]plannedNode)
	for _, name := range []string{"one", "two", "three"} {
		node := plannedNode{environment: map[string]string{}, toNotice: 4 * time.Second, together: 3} // see Caddyfile
		for key, value := range in[map[string]any](t, services, name, "environment") {
			node.environment[key] = composed.ReplaceAllLiteralString(value.(string), "example")
		}
		var err error
		if node.toStop, err = time.ParseDuration(in[string](t, services, name, "stop_grace_period")); err != nil {
			t.Error(err)
		}
		nodes["compose "+name] = node
	}
	return nodes
}

func kubernetesNode(t *testing.T) plannedNode {
	t.Helper()
	deployment := documents(t, "kubernetes/parlour.yaml")[0]
	secret := in[map[string]any](t, documents(t, "kubernetes/secret.example.yaml")[0], "stringData")
	pod := in[map[string]any](t, deployment, "spec", "template", "spec")
	container := in[map[string]any](t, pod, "containers", 0)
	probe := in[map[string]any](t, container, "readinessProbe")
	if path := in[string](t, probe, "httpGet", "path"); path != "/readyz" {
		t.Errorf("readiness is asked at %s", path)
	}
	node := plannedNode{
		environment: map[string]string{},
		toStop:      time.Duration(in[int](t, pod, "terminationGracePeriodSeconds")) * time.Second,
		toNotice: time.Duration(in[int](t, probe, "failureThreshold")*in[int](t, probe, "periodSeconds")+
			in[int](t, probe, "timeoutSeconds")) * time.Second,
		together: in[int](t, deployment, "spec", "replicas") + in[int](t, deployment, "spec", "strategy", "rollingUpdate", "maxSurge"),
	}
	for _, variable := range in[[]any](t, container, "env") {
		name := in[string](t, variable, "name")
		if value, ok := variable.(map[string]any)["value"].(string); ok {
			node.environment[name] = value
		} else {
			node.environment[name] = in[string](t, secret, in[string](t, variable, "valueFrom", "secretKeyRef", "key"))
		}
	}
	return node
}

// TestDeployedNodesAreUnderstood: each variable is an option with a value that the
// program takes, each node shares its house with the others, and is given the time
// that it needs to stop.
func TestDeployedNodesAreUnderstood(t *testing.T) {
	nodes := composedNodes(t)
	nodes["Kubernetes"] = kubernetesNode(t)
	for name, node := range nodes {
		t.Run(name, func(t *testing.T) {
			var c commands
			k := kong.Must(&c, kong.Exit(func(int) {}))
			known := make(map[string]bool)
			for _, group := range k.Model.AllFlags(true) {
				for _, option := range group {
					for _, variable := range option.Envs {
						known[variable] = true
					}
				}
			}
			for _, command := range k.Model.Leaves(true) {
				for _, option := range command.Flags {
					for _, variable := range option.Envs {
						known[variable] = true
					}
				}
			}
			for variable, value := range node.environment {
				if !known[variable] {
					t.Errorf("%s is no option", variable)
				}
				t.Setenv(variable, value)
			}
			if _, err := k.Parse([]string{"serve"}); err != nil {
				t.Fatal(err)
			}
			s := c.Serve
			if _, err := s.publicURL(); err != nil || s.Database == "" || s.NATS == "" || len(s.TrustedProxies) == 0 {
				t.Errorf("the node is %+v, %v", s, err)
			}
			if needed := s.ShutdownDelay + s.ShutdownGrace + finishTime; node.toStop <= needed {
				t.Errorf("it has %v to stop and takes up to %v", node.toStop, needed)
			}
			pool, err := pgxpool.ParseConfig(s.Database)
			if err != nil {
				t.Fatal(err)
			}
			// Each has up to three for writing besides. PostgreSQL takes 100 where nothing
			// else is said, and keeps three for those who look after it.
			if all := node.together * (int(pool.MaxConns) + 3); !strings.Contains(s.Database, "pool_max_conns") || all > 97 {
				t.Errorf("%d nodes have up to %d connections", node.together, all)
			}
			if s.ShutdownDelay <= node.toNotice {
				t.Errorf("it goes on for %v, and the balancer notices after up to %v", s.ShutdownDelay, node.toNotice)
			}
		})
	}
}

// TestImageIsUnderstood: what the image sets are options too.
func TestImageIsUnderstood(t *testing.T) {
	text, err := os.ReadFile("../../deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	set := regexp.MustCompile(`(PARLOUR_\w+)=(\S+)`).FindAllStringSubmatch(string(text), -1)
	for _, variable := range set {
		t.Setenv(variable[1], variable[2])
	}
	var c commands
	if _, err := kong.Must(&c).Parse([]string{"serve"}); err != nil {
		t.Fatal(err)
	}
	if len(set) != 2 || c.Serve.Listen != "0.0.0.0:8080" || c.Serve.Data != "/data" {
		t.Errorf("%d variables make %q and %q", len(set), c.Serve.Listen, c.Serve.Data)
	}
}

// TestBusIsUnderstood: the servers of the bus take their arguments, and each finds
// all of them.
func TestBusIsUnderstood(t *testing.T) {
	set := documents(t, "kubernetes/nats.yaml")[0]
	var args []string
	for _, arg := range in[[]any](t, set, "spec", "template", "spec", "containers", 0, "args") {
		args = append(args, strings.ReplaceAll(arg.(string), "$(POD_NAME)", "nats-0"))
	}
	refused := func() { t.Error("it is no version that is asked for, and no help") }
	o, err := server.ConfigureOptions(flag.NewFlagSet("nats", flag.ContinueOnError), args, refused, refused, refused)
	if err != nil {
		t.Fatal(err)
	}
	if want := in[int](t, set, "spec", "replicas"); len(o.Routes) != want || o.Cluster.Port != 6222 || o.Port != 4222 || o.JetStream {
		t.Errorf("%d servers have %d routes: %+v", want, len(o.Routes), o)
	}
}

// TestOnlyNodesReachTheBus: what is told there is believed.
func TestOnlyNodesReachTheBus(t *testing.T) {
	labels := in[map[string]any](t, documents(t, "kubernetes/parlour.yaml")[0], "spec", "template", "metadata", "labels")
	servers := documents(t, "kubernetes/nats.yaml")
	i := slices.IndexFunc(servers, func(d map[string]any) bool { return d["kind"] == "NetworkPolicy" })
	if i < 0 {
		t.Fatal("anybody does")
	}
	spec := in[map[string]any](t, servers[i], "spec")
	if whose := in[map[string]any](t, spec, "podSelector", "matchLabels"); !maps.Equal(whose, in[map[string]any](t, servers[0], "spec", "template", "metadata", "labels")) {
		t.Errorf("the policy is for %v", whose)
	}
	for _, rule := range in[[]any](t, spec, "ingress") {
		if in[int](t, rule, "ports", 0, "port") != 4222 {
			continue
		}
		if from := in[map[string]any](t, rule, "from", 0, "podSelector", "matchLabels"); !maps.Equal(from, labels) {
			t.Errorf("%v may come, and the nodes are %v", from, labels)
		}
	}
}
