package main

import (
	"strings"

	"github.com/weaviate/weaviate-go-client/v5/weaviate/alias"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
)

// The client has no builder for reranking: it is a field like others.
func (day *journey) modules() {
	bm25 := day.client.GraphQL().Bm25ArgBuilder().WithQuery("fox river")
	ranked := hits(day.get().WithBM25(bm25).WithLimit(3), fields("title")[0],
		within("_additional", within(`rerank(property: "title", query: "any")`, fields("score")...)))
	pairs := [][]any{}
	for _, hit := range ranked {
		rerank := hit["_additional"].(values)["rerank"].([]any)[0]
		pairs = append(pairs, []any{hit["title"], rerank.(values)["score"]})
	}
	answer("reranked", pairs)
	search := graphql.NewGenerativeSearch().SingleResult("about {title}").GroupedResult("sum up")
	written := []any{}
	for _, hit := range hits(day.get().WithBM25(bm25).WithLimit(2).WithGenerativeSearch(search), fields("title")...) {
		generated := hit["_additional"].(values)["generate"].(values)
		one, _ := generated["singleResult"].(string)
		whole, _ := generated["groupedResult"].(string)
		written = append(written, []any{
			strings.Contains(one, "about "+hit["title"].(string)),
			strings.Contains(whole, "sum up"),
		})
	}
	answer("generated", written)
}

func (day *journey) aliases() {
	api := day.client.Alias()
	check(api.AliasCreator().WithAlias(&alias.Alias{Alias: "Writer", Class: authors}).Do(ctx))
	check(api.AliasUpdater().WithAlias(&alias.Alias{Alias: "Writer", Class: books}).Do(ctx))
	now := must(api.AliasGetter().WithAliasName("Writer").Do(ctx))
	all := len(must(api.Getter().Do(ctx)))
	check(api.AliasDeleter().WithAliasName("Writer").Do(ctx))
	answer("alias", []any{now.Class, all, len(must(api.Getter().Do(ctx)))})
}

func (day *journey) deleting() {
	late := property("published").WithOperator(filters.GreaterThanEqual).WithValueDate(month(12))
	gone := must(day.client.Batch().ObjectsBatchDeleter().WithClassName(books).WithWhere(late).Do(ctx)).Results
	answer("deleted by a filter", []any{gone.Successful, day.length()})
	near := day.client.GraphQL().NearVectorArgBuilder().WithVector(tokens(23)).WithTargetVectors("tokens")
	found := numbers(day.get().WithNearVector(near).WithLimit(1))[0].(float64)
	answer("what is deleted is not found", found < 12)
	schema := day.client.Schema()
	check(schema.ClassDeleter().WithClassName(books).Do(ctx))
	answer("collection exists no more", must(schema.ClassExistenceChecker().WithClassName(books).Do(ctx)))
	check(schema.AllDeleter().Do(ctx))
	answer("nothing is left", len(must(schema.Getter().Do(ctx)).Classes))
}
