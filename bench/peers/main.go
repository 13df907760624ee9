package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	out, svg string
	secs     float64
	rounds   int
	idle     int
	only     []string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == generateCommand {
		if err := generateMain(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	o, err := parseOptions(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2) // what is wrong has been said
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := compare(ctx, o)
	if err == nil {
		err = r.write(os.Stdout, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.out, "out", "", "`file` for the table, in Markdown")
	f.StringVar(&o.svg, "svg", "", "`file` for the picture")
	f.Float64Var(&o.secs, "secs", 3, "`seconds` of each load")
	f.IntVar(&o.rounds, "rounds", 5, "`number` of interleaved rounds")
	only := f.String("only", "", "`names` of servers, separated by commas, of: "+strings.Join(keys(), ", "))
	quick := f.Bool("quick", false, "one round of half a second, and fewer idle connections")
	if err = f.Parse(args); err != nil {
		return o, err
	}
	o.idle = min(5000, descriptors()/3)
	if *quick {
		o.secs, o.rounds, o.idle = 0.5, 1, 500
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, key := range o.only {
		if !slices.Contains(keys(), key) {
			err = fmt.Errorf("no server %q", key)
		}
	}
	switch {
	case err != nil:
	case f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.secs < 0.1 || o.secs > 60 || o.rounds < 1 || o.rounds > 100:
		err = errors.New("-secs is from 0.1 to 60, -rounds from 1 to 100")
	}
	if err != nil {
		fmt.Fprintln(stderr, "peers:", err)
	}
	return o, err
}

func keys() (keys []string) {
	for _, s := range servers() {
		keys = append(keys, s.key)
	}
	return keys
}

// compare measures everything.
func compare(ctx context.Context, o options) (*report, error) {
	if err := errors.Join(checkMachine(), raiseDescriptors()); err != nil {
		return nil, err
	}
	ps, err := parsePatterns(patternText)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	progress("building")
	if err := build(ctx, dir); err != nil {
		return nil, err
	}
	m := &machine{dir: dir, self: self, time: time.Duration(o.secs * float64(time.Second)), external: findExternal(), idle: o.idle}
	r := &report{idle: o.idle}
	if m.external == nil {
		r.note("Neither wrk nor h2load is installed: their columns are empty. The other figures need neither.")
	} else {
		r.tool = m.external.name
	}
	for _, s := range servers() {
		switch {
		case len(o.only) > 0 && !slices.Contains(o.only, s.key):
		case !s.find(dir):
			r.note(s.name + " is not installed: left out.")
		default:
			r.rows = append(r.rows, &row{server: s, samples: map[string]map[int]sample{single: {}, pipelined: {}, shared: {}}})
		}
	}
	others := othersUse()
	m.loads(ctx, r.rows, o.rounds)
	r.head = headLines(o, others())
	m.rest(ctx, r.rows, ps)
	slices.SortStableFunc(r.rows, func(a, b *row) int { // what is not known goes last
		return compareKnown(a.median(single, cpu), b.median(single, cpu))
	})
	return r, ctx.Err()
}

func compareKnown(a, b float64) int {
	switch {
	case a == b:
		return 0
	case b == 0 || a != 0 && a < b:
		return -1
	default:
		return 1
	}
}

func (r *report) note(text string) {
	r.notes = append(r.notes, text)
	progress(text)
}

// progress tells who waits what is going on.
func progress(text string) { fmt.Fprintln(os.Stderr, "peers:", text) }

// loads runs the rounds: each load, and within it each server, in an order that changes, so that none comes after the same one always.
func (m *machine) loads(ctx context.Context, rows []*row, rounds int) {
	for round := range rounds {
		for _, load := range []string{single, pipelined, shared} {
			if load == shared && m.external == nil {
				continue
			}
			progress(fmt.Sprintf("round %d of %d, %s", round+1, rounds, load))
			for _, i := range rand.Perm(len(rows)) {
				if ctx.Err() != nil {
					return
				}
				var s sample
				var err error
				switch load {
				case single:
					s, err = m.saturate(ctx, rows[i].server, singleConns, 1)
				case pipelined:
					s, err = m.saturate(ctx, rows[i].server, pipelinedConns, pipelinedDepth)
				case shared:
					s, err = m.share(ctx, rows[i].server)
				}
				if err != nil {
					rows[i].fail(load, err)
					continue
				}
				rows[i].samples[load][round] = s
			}
		}
	}
}

// rest finds out what time has no part in.
func (m *machine) rest(ctx context.Context, rows []*row, ps []pattern) {
	progress("idle connections and patterns")
	for _, row := range rows {
		if ctx.Err() != nil {
			return
		}
		var err error
		if row.idle, err = m.idleMemory(ctx, row.server); err != nil {
			row.fail("idle connections", err)
		}
		if row.verdict, err = m.probeServer(ctx, row.server, ps); err != nil {
			row.fail("patterns", err)
		}
	}
}

func (r *row) fail(what string, err error) {
	r.failed = append(r.failed, what+": "+err.Error())
	progress(r.label() + ": " + what + ": " + err.Error())
}

// write prints the table and writes the files. Rows that failed are an error once all is written.
func (r *report) write(out io.Writer, o options) error {
	text := r.markdown()
	io.WriteString(out, text)
	for file, text := range map[string]string{o.out: text, o.svg: r.svg()} {
		if file == "" {
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, row := range r.rows {
		if len(row.failed) > 0 {
			return errors.New("not everything could be measured")
		}
	}
	return nil
}

// headLines say what the figures were made on.
func headLines(o options, others float64) []string {
	model := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(b), "model name\t: "); found {
			model, _, _ = strings.Cut(rest, "\n")
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return []string{
		fmt.Sprintf("%s, %d cores, Linux %s, %s, %s.", model, runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version(), date(time.Now())),
		fmt.Sprintf("Medians of %d interleaved rounds of %g s; other programs took %.0f %% of the machine meanwhile.", o.rounds, o.secs, others*100),
	}
}

// othersUse begins to watch, and returns what share of all cores' time was used by processes that are not this one's, the host's among them.
func othersUse() func() float64 {
	busy0, all0 := machineTime()
	own0 := ownTime()
	return func() float64 {
		busy, all := machineTime()
		if all == all0 {
			return 0
		}
		return max(0, (busy-busy0-(ownTime()-own0))/(all-all0))
	}
}

// machineTime reads how much time the cores were busy, or taken by the host, and how much there was, in ticks.
func machineTime() (busy, all float64) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseFloat(field, 64)
		if i > 7 { // guests are in user already
			break
		}
		if i != 3 && i != 4 { // idle, iowait; interrupts are counted for whom they interrupt
			busy += n
		}
		all += n
	}
	return busy, all
}

// ownTime returns the time of this process and of those that it has waited for, in ticks.
func ownTime() (total float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			total += float64(u.Utime.Nano()+u.Stime.Nano()) / float64(tick)
		}
	}
	return total
}
