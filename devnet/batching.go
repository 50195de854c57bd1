package devnet

import "context"

type batching struct{}

func (d *Devnet) openBatcher(context.Context) (*batching, error) { return &batching{}, nil }

func (b *batching) run(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }

func (b *batching) status() BatcherStatus { return BatcherStatus{} }
