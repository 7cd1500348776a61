package main

import (
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"
)

// What GraphQL answers, without types.
type values = map[string]any

func dataOf(reply *models.GraphQLResponse, err error) map[string]models.JSONObject {
	check(err)
	for _, each := range reply.Errors {
		panic(each.Message)
	}
	return reply.Data
}

// A search of the shelf: what it shows is said by who asks it.
func (day *journey) get() *graphql.GetBuilder {
	return day.client.GraphQL().Get().WithClassName(shelf)
}

func fields(names ...string) []graphql.Field {
	list := []graphql.Field{}
	for _, name := range names {
		list = append(list, graphql.Field{Name: name})
	}
	return list
}

func within(name string, inner ...graphql.Field) graphql.Field {
	return graphql.Field{Name: name, Fields: inner}
}

func additional(names ...string) graphql.Field {
	return within("_additional", fields(names...)...)
}

func hits(search *graphql.GetBuilder, shows ...graphql.Field) []values {
	found := dataOf(search.WithFields(shows...).Do(ctx))["Get"].(values)[shelf].([]any)
	list := []values{}
	for _, each := range found {
		list = append(list, each.(values))
	}
	return list
}

func numbers(search *graphql.GetBuilder) []any {
	list := []any{}
	for _, hit := range hits(search, fields("n")...) {
		list = append(list, hit["n"])
	}
	return list
}

// Pairs of a hit's number and its distance, or score.
func measured(search *graphql.GetBuilder, measure string) [][]any {
	list := [][]any{}
	for _, hit := range hits(search, fields("n")[0], additional(measure)) {
		list = append(list, []any{hit["n"], hit["_additional"].(values)[measure]})
	}
	return list
}

func distances(search *graphql.GetBuilder) [][]any { return measured(search, "distance") }

// GraphQL shows scores as texts.
func scores(search *graphql.GetBuilder) [][]any {
	list := measured(search, "score")
	for _, pair := range list {
		pair[1] = number(pair[1].(string))
	}
	return list
}

func (day *journey) groups(path string, groups, each int) *graphql.GroupByArgumentBuilder {
	return day.client.GraphQL().GroupByArgBuilder().
		WithPath([]string{path}).WithGroups(groups).WithObjectsPerGroup(each)
}

// Groups of hits in their order: their value, their hits' numbers.
func grouped(search *graphql.GetBuilder) ([]string, map[string][]any) {
	shows := within("_additional", within("group",
		within("groupedBy", fields("value")...),
		within("hits", fields("n")...),
	))
	order := []string{}
	found := map[string][]any{}
	for _, hit := range hits(search, shows) {
		group := hit["_additional"].(values)["group"].(values)
		name := group["groupedBy"].(values)["value"].(string)
		order = append(order, name)
		for _, one := range group["hits"].([]any) {
			found[name] = append(found[name], one.(values)["n"])
		}
	}
	return order, found
}

func groupsOf(search *graphql.GetBuilder) map[string][]any {
	_, found := grouped(search)
	return found
}
