package engine_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/rollup"
)

// Connecting to an execution engine that runs as a process of its own.
func Example() {
	ctx := context.Background()
	secret, err := engine.ReadJWTSecret("jwt.hex")
	if err != nil {
		log.Fatal(err)
	}
	conn, err := engine.Dial(engine.DialConfig{URL: "http://127.0.0.1:8551", Secret: &secret})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := engine.NewClient(conn, &rollup.Config{BlockTime: 2}, engine.Options{InvalidDir: "invalid"})
	head, err := client.PayloadByLabel(ctx, "latest")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the engine is at block", head.ExecutionPayload.BlockNumber)
}
