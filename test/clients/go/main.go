// A day with the official Go client: it fills a library with every kind of write that the client has, asks
// everything that it can ask, and prints each answer as a line of JSON for the test that knows the right ones.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/weaviate/weaviate-go-client/v5/weaviate"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/auth"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/fault"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/grpc"
)

var ctx = context.Background()

func main() {
	host := "127.0.0.1:" + os.Getenv("PORT")
	key := auth.ApiKey{Value: "the-key"}
	rest := weaviate.Config{Scheme: "http", Host: host, AuthConfig: key, StartupTimeout: 10 * time.Second}
	overGrpc := rest
	overGrpc.GrpcConfig = &grpc.Config{Host: "127.0.0.1:" + os.Getenv("GRPC_PORT")}
	day := &journey{
		client:     must(weaviate.NewClient(overGrpc)),
		restClient: must(weaviate.NewClient(rest)),
	}
	_, err := must(weaviate.NewClient(weaviate.Config{Scheme: "http", Host: host})).Schema().Getter().Do(ctx)
	answer("without a key", statusOf(err))
	day.server()
	day.collections()
	day.batches()
	day.singleObjects()
	day.configuration()
	day.fetching()
	day.vectors()
	day.texts()
	day.filters()
	day.aggregates()
	day.grpcSearch()
	day.modules()
	day.aliases()
	day.tenants()
	day.deleting()
}

// A journey knows one client that writes batches over gRPC and one that has only REST.
type journey struct {
	client     *weaviate.Client
	restClient *weaviate.Client
}

// Prints a line of JSON with numbers to five places and without what is absent.
func answer(question string, value any) {
	// What the client returns is typed; as JSON it is plain.
	var plain any
	check(json.Unmarshal(must(json.Marshal(value)), &plain))
	line := struct {
		Question string `json:"question"`
		Answer   any    `json:"answer"`
	}{question, shown(plain)}
	fmt.Println(string(must(json.Marshal(line))))
}

func shown(value any) any {
	switch each := value.(type) {
	case float64:
		return math.Round(each*1e5)/1e5 + 0
	case []any:
		for i := range each {
			each[i] = shown(each[i])
		}
	case map[string]any:
		for name, inner := range each {
			if inner == nil {
				delete(each, name)
			} else {
				each[name] = shown(inner)
			}
		}
	}
	return value
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The status of a refusal; 0 when there was none.
func statusOf(err error) int {
	var refusal *fault.WeaviateClientError
	if errors.As(err, &refusal) {
		return refusal.StatusCode
	}
	check(err)
	return 0
}
