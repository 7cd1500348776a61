package main

import (
	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"
)

func (day *journey) vectors() {
	api := day.client.GraphQL()
	near := func(n int) *graphql.NearVectorArgumentBuilder {
		return api.NearVectorArgBuilder().WithVector(plain(n)).WithTargetVectors("plain")
	}
	get := func(vector *graphql.NearVectorArgumentBuilder) *graphql.GetBuilder {
		return day.get().WithNearVector(vector)
	}
	answer("near vector", distances(get(near(4)).WithLimit(5)))
	answer("near vector, later", numbers(get(near(4)).WithLimit(3).WithOffset(2)))
	answer("near vector, within", numbers(get(near(4).WithDistance(0.01))))
	answer("near vector, certain", numbers(get(near(4).WithCertainty(0.999))))
	answer("near vector, cut", len(numbers(get(near(4)).WithAutocut(1))) > 0)
	nearTokens := api.NearVectorArgBuilder().WithVector(tokens(7)).WithTargetVectors("tokens")
	answer("near tokens", distances(get(nearTokens).WithLimit(4)))
	nearObject := api.NearObjectArgBuilder().WithID(bookID(9)).WithTargetVectors("plain")
	answer("near object", distances(day.get().WithNearObject(nearObject).WithLimit(4)))
	targets := api.MultiTargetArgumentBuilder
	for name, join := range map[string]*graphql.MultiTargetArgumentBuilder{
		"sum":            targets().Sum("plain", "tokens"),
		"average":        targets().Average("plain", "tokens"),
		"minimum":        targets().Minimum("plain", "tokens"),
		"weights":        targets().ManualWeights(map[string]float32{"plain": 2, "tokens": 0.25}),
		"relative score": targets().RelativeScore(map[string]float32{"plain": 1, "tokens": 0.5}),
	} {
		both := api.NearVectorArgBuilder().WithTargets(join).
			WithVectorPerTarget(map[string]models.Vector{"plain": plain(6), "tokens": tokens(6)})
		answer("several vectors, "+name, distances(get(both).WithLimit(2)))
	}
	sold := property("inStock").WithOperator(filters.Equal).WithValueBoolean(false)
	answer("near vector, filtered", numbers(get(near(4)).WithLimit(4).WithWhere(sold)))
	answer("near vector, groups", groupsOf(get(near(0)).WithLimit(12).WithGroupBy(day.groups("genres", 3, 2))))
}

func (day *journey) texts() {
	api := day.client.GraphQL()
	near := func(concepts ...string) *graphql.NearTextArgumentBuilder {
		return api.NearTextArgBuilder().WithConcepts(concepts).WithTargetVectors("meaning")
	}
	answer("near text", distances(day.get().WithNearText(near("red fox and forest")).WithLimit(4)))
	moved := near("red fox").
		WithMoveTo(&graphql.MoveParameters{Force: 0.8, Concepts: []string{"island"}}).
		WithMoveAwayFrom(&graphql.MoveParameters{Force: 0.2, Objects: []graphql.MoverObject{{ID: bookID(0)}}})
	answer("near text, moved", distances(day.get().WithNearText(moved).WithLimit(4)))
	order, found := grouped(day.get().WithNearText(near("green", "tree")).WithLimit(12).
		WithGroupBy(day.groups("writtenBy", 2, 2)))
	inOrder := [][]any{}
	for _, name := range order {
		inOrder = append(inOrder, found[name])
	}
	answer("near text, groups by reference", inOrder)
	day.keywords()
	day.hybrids(near)
}

func (day *journey) keywords() {
	bm25 := func(query string) *graphql.BM25ArgumentBuilder {
		return day.client.GraphQL().Bm25ArgBuilder().WithQuery(query)
	}
	get := func(search *graphql.BM25ArgumentBuilder, limit int) *graphql.GetBuilder {
		return day.get().WithBM25(search).WithLimit(limit)
	}
	answer("keywords", scores(get(bm25("fox island"), 6)))
	answer("keywords, weighted", scores(get(bm25("signed rose").WithProperties("title^2", "note"), 5)))
	all := graphql.BM25SearchOperatorBuilder{}
	all.WithOperator(graphql.BM25SearchOperatorAnd)
	answer("keywords, all", numbers(get(bm25("fox island").WithSearchOperator(all), 20)))
	two := graphql.BM25SearchOperatorBuilder{}
	two.WithOperator(graphql.BM25SearchOperatorOr).WithMinimumMatch(2)
	answer("keywords, two of three", numbers(get(bm25("red fox island").WithSearchOperator(two), 20)))
	signed := property("note").WithOperator(filters.Equal).WithValueText("signed")
	answer("keywords, filtered", numbers(get(bm25("fox"), 20).WithWhere(signed)))
	answer("keywords, groups", groupsOf(get(bm25("fox"), 12).WithGroupBy(day.groups("genres", 3, 2))))
}

func (day *journey) hybrids(near func(...string) *graphql.NearTextArgumentBuilder) {
	api := day.client.GraphQL()
	hybrid := func(query string, alpha float32, target string) *graphql.HybridArgumentBuilder {
		return api.HybridArgumentBuilder().WithQuery(query).WithAlpha(alpha).WithTargetVectors(target)
	}
	get := func(search *graphql.HybridArgumentBuilder) *graphql.GetBuilder {
		return day.get().WithHybrid(search).WithLimit(5)
	}
	answer("hybrid", scores(get(hybrid("fox desert", 0.5, "meaning"))))
	ranked := hybrid("fox desert", 0.5, "meaning").WithFusionType(graphql.Ranked)
	answer("hybrid, ranked", scores(get(ranked)))
	answer("hybrid, own vector", scores(get(hybrid("whale", 0.6, "plain").WithVector(plain(5)))))
	answer("hybrid, own tokens", numbers(get(hybrid("whale", 1, "tokens").WithVector(tokens(5))))[0])
	city := &graphql.MoveParameters{Force: 0.5, Concepts: []string{"city"}}
	inside := api.HybridSearchesArgumentBuilder().
		WithNearText(api.NearTextArgBuilder().WithConcepts([]string{"fox"}).WithMoveTo(city))
	answer("hybrid, near text inside", scores(get(hybrid("whale", 0.6, "meaning").WithSearches(inside))))
	all := graphql.BM25SearchOperatorBuilder{}
	all.WithOperator(graphql.BM25SearchOperatorAnd)
	answer("hybrid, all words", numbers(get(hybrid("fox island", 0, "meaning").WithBM25SearchOperator(all))))
	grouped := get(hybrid("fox", 0, "meaning")).WithLimit(12).WithGroupBy(day.groups("genres", 3, 2))
	answer("hybrid, groups", groupsOf(grouped))
}

// What the client searches over gRPC, in its own words for it an experiment.
func (day *journey) grpcSearch() {
	api := day.client.GraphQL()
	shows := &graphql.Metadata{ID: true, Distance: true, Score: true, Vectors: []string{"tokens"}}
	search := func() *graphql.Search {
		return day.client.Experimental().Search().WithCollection(shelf).WithProperties("n").
			WithMetadata(shows).WithLimit(4)
	}
	pairs := func(search *graphql.Search, measure func(graphql.MetadataResult) float32) [][]any {
		list := [][]any{}
		for _, hit := range must(search.Do(ctx)) {
			list = append(list, []any{hit.Properties["n"], measure(hit.Metadata)})
		}
		return list
	}
	distance := func(hit graphql.MetadataResult) float32 { return hit.Distance }
	score := func(hit graphql.MetadataResult) float32 { return hit.Score }
	nearTokens := api.NearVectorArgBuilder().WithVector(tokens(7)).WithTargetVectors("tokens")
	answer("gRPC: near tokens", pairs(search().WithNearVector(nearTokens), distance))
	first := must(search().WithNearVector(nearTokens).Do(ctx))[0]
	answer("gRPC: vectors", []any{first.ID == bookID(7), first.Vectors["tokens"].GetMultiVector()})
	nearObject := api.NearObjectArgBuilder().WithID(bookID(9)).WithTargetVectors("plain")
	answer("gRPC: near object", pairs(search().WithNearObject(nearObject), distance))
	nearText := api.NearTextArgBuilder().WithConcepts([]string{"red fox and forest"}).WithTargetVectors("meaning")
	answer("gRPC: near text", pairs(search().WithNearText(nearText), distance))
	answer("gRPC: keywords", pairs(search().WithBM25(api.Bm25ArgBuilder().WithQuery("fox island")).WithLimit(6), score))
	hybrid := api.HybridArgumentBuilder().WithQuery("whale").WithVector(plain(5)).WithAlpha(0.6).WithTargetVectors("plain")
	answer("gRPC: hybrid", pairs(search().WithHybrid(hybrid).WithLimit(5), score))
	few := property("n").WithOperator(filters.LessThan).WithValueInt(5)
	backwards := graphql.Sort{Path: []string{"n"}, Order: graphql.Desc}
	answer("gRPC: filtered and sorted", pairs(search().WithWhere(few).WithSort(backwards), distance))
	name := &graphql.Reference{ReferenceProperty: "writtenBy", Properties: []string{"name"}}
	one := must(search().WithWhere(property("n").WithOperator(filters.Equal).WithValueInt(6)).WithReferences(name).Do(ctx))[0]
	answer("gRPC: references", one.References[0].ReferenceProperties[0].Properties)
}
