package main

import (
	"context"
	"time"

	"parlour"
	"parlour/policyhook"
)

// policyOptions say which other program is asked what people may do.
type policyOptions struct {
	PolicyURL    string `name:"policy-url" env:"PARLOUR_POLICY_URL" help:"Address of a program that is asked, after bans and the rules of the house, whether somebody may do something. Without an answer nobody may."`
	PolicySecret string `env:"PARLOUR_POLICY_SECRET" help:"The secret with which the requests to that program are signed."`
}

// policy is the policy from outside, or nil.
func (o policyOptions) policy() (parlour.Policy, error) {
	if o.PolicyURL == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return policyhook.New(o.PolicyURL, o.PolicySecret)
}

// policyRecheck is how long a stream may go on after the program has changed its
// mind: it cannot tell us.
const policyRecheck = time.Minute

// recheckNowAndThen asks about all streams again, until ctx ends.
func recheckNowAndThen(ctx context.Context, live parlour.Live) {
	ticker := time.NewTicker(policyRecheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			live.Recheck(0)
		}
	}
}
