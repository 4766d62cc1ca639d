// Command client-go campaigns for a Lease with client-go's leader election, as a controller written in Go would,
// and says on stdout, one JSON object a line, what happens to its task: see the events below.
//
// It is the other side of the interoperability tests: what it prints is client-go's own behaviour, nothing is added.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// The events, in the "event" field of a line.
const (
	campaigning = "campaigning" // a campaign starts: at the start of the program, and again after a lost term
	newLeader   = "newLeader"   // another holder was seen in the Lease, see "leader"; may be this participant
	started     = "started"     // OnStartedLeading was called: the task starts
	cancelled   = "cancelled"   // the task's context was cancelled: from here on the task has ended
	stopped     = "stopped"     // the campaign is over: Run returned and the task, if one started, has ended
)

type options struct {
	kubeconfig      string
	server          string
	namespace       string
	lease           string
	identity        string
	labels          map[string]string
	leaseDuration   time.Duration
	renewDeadline   time.Duration
	retryPeriod     time.Duration
	releaseOnCancel bool
}

func main() {
	var o options
	var labels string
	flag.StringVar(&o.kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "kubeconfig file")
	flag.StringVar(&o.server, "server", "", "URL to use instead of the kubeconfig's, e.g. that of a fault proxy")
	flag.StringVar(&o.namespace, "namespace", "default", "namespace of the Lease")
	flag.StringVar(&o.lease, "lease", "", "name of the Lease")
	flag.StringVar(&o.identity, "identity", "", "name of this participant in the Lease")
	flag.StringVar(&labels, "labels", "", "labels to keep on the Lease: name=value,name=value")
	flag.DurationVar(&o.leaseDuration, "lease-duration", 15*time.Second, "client-go LeaseDuration")
	flag.DurationVar(&o.renewDeadline, "renew-deadline", 10*time.Second, "client-go RenewDeadline")
	flag.DurationVar(&o.retryPeriod, "retry-period", 2*time.Second, "client-go RetryPeriod")
	flag.BoolVar(&o.releaseOnCancel, "release-on-cancel", false, "client-go ReleaseOnCancel")
	exitWithStdin := flag.Bool("exit-with-stdin", false, "exit at once when stdin ends: the parent is gone")
	verbose := flag.Bool("verbose", false, "let klog write to stderr")
	version := flag.Bool("version", false, "print client-go's version and exit")
	flag.Parse()

	if *version {
		fmt.Println("client-go", clientGoVersion())
		return
	}
	if !*verbose {
		klog.SetLogger(logr.Discard())
	}
	if *exitWithStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
	}
	o.labels = parseLabels(labels)
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := campaignUntilDone(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "client-go participant:", err)
		os.Exit(1)
	}
}

// campaignUntilDone campaigns again after every lost term, as a Deployment restarts a controller that exits.
func campaignUntilDone(ctx context.Context, o options) error {
	config, err := clientcmd.BuildConfigFromFlags(o.server, o.kubeconfig)
	if err != nil {
		return err
	}
	// As resourcelock.NewFromKubeconfig does: one hanging request must not use up the whole renew deadline.
	config.Timeout = max(o.renewDeadline/2, time.Second)
	client, err := coordinationv1.NewForConfig(config)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		lock := &observedLock{LeaseLock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: o.namespace, Name: o.lease},
			Client:     client,
			LockConfig: resourcelock.ResourceLockConfig{Identity: o.identity},
			Labels:     o.labels,
		}}
		if err := campaign(ctx, o, lock); err != nil {
			return err
		}
	}
	return nil
}

func campaign(ctx context.Context, o options, lock *observedLock) error {
	taskEnded := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   o.leaseDuration,
		RenewDeadline:   o.renewDeadline,
		RetryPeriod:     o.retryPeriod,
		ReleaseOnCancel: o.releaseOnCancel,
		Name:            o.lease,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(task context.Context) {
				defer close(taskEnded)
				say(line{Event: started, Identity: o.identity})
				<-task.Done()
				say(line{Event: cancelled, Identity: o.identity})
			},
			OnStoppedLeading: func() {}, // Run returns right after it, and it is called for campaigns without a term too
			OnNewLeader:      func(leader string) { say(line{Event: newLeader, Identity: o.identity, Leader: &leader}) },
		},
	})
	if err != nil {
		return err
	}
	say(line{Event: campaigning, Identity: o.identity})
	elector.Run(ctx)
	if lock.acquired.Load() {
		<-taskEnded
	}
	say(line{Event: stopped, Identity: o.identity})
	return nil
}

// observedLock knows whether its elector became leader: client-go calls OnStartedLeading in a goroutine of its own, so
// when Run returns the task may not even have started.
type observedLock struct {
	*resourcelock.LeaseLock
	acquired atomic.Bool
}

func (l *observedLock) RecordEvent(event string) {
	if event == "became leader" {
		l.acquired.Store(true)
	}
}

type line struct {
	Event    string  `json:"event"`
	Identity string  `json:"identity"`
	Leader   *string `json:"leader,omitempty"`
	AtMs     int64   `json:"atMs"`
}

var stdout sync.Mutex

// say writes one line at once: os.Stdout is not buffered.
func say(l line) {
	stdout.Lock()
	defer stdout.Unlock()
	l.AtMs = time.Now().UnixMilli()
	_ = json.NewEncoder(os.Stdout).Encode(l)
}

func parseLabels(text string) map[string]string {
	if text == "" {
		return nil
	}
	labels := map[string]string{}
	for _, pair := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		labels[name] = value
	}
	return labels
}

func clientGoVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, dependency := range info.Deps {
			if dependency.Path != "k8s.io/client-go" {
				continue
			}
			if dependency.Replace != nil {
				return dependency.Replace.Version
			}
			return dependency.Version
		}
	}
	return "unknown"
}
