package main

import (
	"fmt"
	"sort"
	"strconv"

	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
)

type where = filters.WhereBuilder

// A filter by a property, or by what a path of references leads to.
func property(path ...string) *where {
	return filters.Where().WithPath(path)
}

func join(operator filters.WhereOperator, operands ...*where) *where {
	return filters.Where().WithOperator(operator).WithOperands(operands)
}

func (day *journey) filters() {
	below := func(n int64) *where { return property("n").WithOperator(filters.LessThan).WithValueInt(n) }
	and := func(operands ...*where) *where { return join(filters.And, operands...) }
	is := func(path ...string) *where { return property(path...).WithOperator(filters.Equal) }
	first := hits(day.get().WithWhere(is("id").WithValueText(bookID(0))), additional("creationTimeUnix"))[0]
	created := first["_additional"].(values)["creationTimeUnix"].(string)
	few := func(path string, operator filters.WhereOperator, price float64) *where {
		return property(path).WithOperator(operator).WithValueNumber(price)
	}
	genres := func(operator filters.WhereOperator, names ...string) *where {
		return property("genres").WithOperator(operator).WithValueText(names...)
	}
	near := &filters.GeoCoordinatesParameter{Latitude: 51, Longitude: 13, MaxDistance: 30_000}
	conditions := map[string]*where{
		"equal":            is("title").WithValueText("fox river"),
		"not equal":        and(property("note").WithOperator(filters.NotEqual).WithValueText("signed"), below(6)),
		"less":             few("price", filters.LessThan, 5.5),
		"less or equal":    few("price", filters.LessThanEqual, 5.5),
		"greater":          property("published").WithOperator(filters.GreaterThan).WithValueDate(month(21)),
		"greater or equal": property("published").WithOperator(filters.GreaterThanEqual).WithValueDate(month(21)),
		"like":             and(property("title").WithOperator(filters.Like).WithValueText("*hal*"), below(8)),
		"any":              and(genres(filters.ContainsAny, "poems", "travel"), below(6)),
		"all":              and(genres(filters.ContainsAll, "all", "novel"), below(9)),
		"none":             and(genres(filters.ContainsNone, "poems", "travel"), below(9)),
		"null":             and(property("note").WithOperator(filters.IsNull).WithValueBoolean(true), below(6)),
		"not null":         and(property("phone").WithOperator(filters.IsNull).WithValueBoolean(false), below(12)),
		"length":           and(is("len(genres)").WithValueInt(2), below(2)),
		"boolean":          and(is("inStock").WithValueBoolean(true), below(6)),
		"uuid":             is("isbn").WithValueText(idOf("isbn", 7)),
		"range":            property("shop").WithOperator(filters.WithinGeoRange).WithValueGeoRange(near),
		"or":               join(filters.Or, is("n").WithValueInt(2), is("n").WithValueInt(20), is("n").WithValueInt(200)),
		"not":              join(filters.Not, property("n").WithOperator(filters.GreaterThan).WithValueInt(1)),
		"id":               is("id").WithValueText(bookID(9)),
		"ids":              property("id").WithOperator(filters.ContainsAny).WithValueText(bookID(9), bookID(8)),
		"time": and(property("_creationTimeUnix").WithOperator(filters.LessThanEqual).WithValueText(created),
			is("id").WithValueText(bookID(0))),
		"update time":          property("_lastUpdateTimeUnix").WithOperator(filters.LessThan).WithValueDate(month(0)),
		"reference":            and(is("writtenBy", authors, "born").WithValueInt(1902), below(9)),
		"reference by id":      and(is("writtenBy", authors, "id").WithValueText(authorID(1)), below(9)),
		"reference of several": is("seeAlso", authors, "name").WithValueText("author 2"),
		"reference twice":      is("seeAlso", books, "writtenBy", authors, "born").WithValueInt(1900),
		"reference count":      property("seeAlso").WithOperator(filters.GreaterThan).WithValueInt(1),
		"no reference":         and(is("seeAlso").WithValueInt(0), below(7)),
	}
	byNumber := graphql.Sort{Path: []string{"n"}, Order: graphql.Asc}
	for name, condition := range conditions {
		answer("filter: "+name, numbers(day.get().WithWhere(condition).WithSort(byNumber).WithLimit(50)))
	}
}

func (day *journey) aggregates() {
	api := day.client.GraphQL()
	meta := within("meta", fields("count")...)
	price := within("price", fields("count", "maximum", "mean", "median", "minimum", "mode", "sum")...)
	n := within("n", fields("count", "maximum", "mean", "minimum", "sum")...)
	title := within("title", fields("count")[0], within("topOccurrences", fields("value", "occurs")...))
	inStock := within("inStock", fields("count", "percentageFalse", "percentageTrue", "totalFalse", "totalTrue")...)
	published := within("published", fields("count", "maximum", "median", "minimum")...)
	over := func() *graphql.AggregateBuilder { return api.Aggregate().WithClassName(shelf) }
	answer("aggregate", figures(over(), meta, price, n, title, inStock, published)[0])
	few := property("n").WithOperator(filters.LessThan).WithValueInt(5)
	answer("aggregate, filtered", figures(over().WithWhere(few), meta, price, n)[0])
	nearVector := api.NearVectorArgBuilder().WithVector(plain(4)).WithTargetVectors("plain")
	answer("aggregate, near vector", figures(over().WithNearVector(nearVector).WithObjectLimit(5), meta, n)[0])
	nearObject := api.NearObjectArgBuilder().WithID(bookID(4)).WithTargetVectors("plain")
	answer("aggregate, near object", figures(over().WithNearObject(nearObject).WithObjectLimit(3), meta, n)[0])
	hybrid := api.HybridArgumentBuilder().WithQuery("whale").WithAlpha(0).WithTargetVectors("meaning")
	answer("aggregate, hybrid", figures(over().WithHybrid(hybrid).WithObjectLimit(50), meta)[0])

	groupedBy := within("groupedBy", fields("value")...)
	byStock := [][]any{}
	for _, group := range figures(over().WithGroupBy("inStock"), meta, price, groupedBy) {
		// GraphQL shows what is grouped by as a text.
		isThere := must(strconv.ParseBool(group["value"].(string)))
		byStock = append(byStock, []any{isThere, without(group, "value")})
	}
	answer("aggregate, groups", sorted(byStock))
	nearText := api.NearTextArgBuilder().WithConcepts([]string{"red fox"}).WithTargetVectors("meaning")
	byTitle := [][]any{}
	for _, group := range figures(over().WithNearText(nearText).WithObjectLimit(6).WithGroupBy("title"), meta, groupedBy) {
		title := group["value"]
		byTitle = append(byTitle, []any{title, without(group, "value")})
	}
	answer("aggregate, near text", sorted(byTitle))
}

// What an aggregate says, a row for each of its groups: the count, figures by property, the group's value.
func figures(aggregate *graphql.AggregateBuilder, shows ...graphql.Field) []values {
	rows := []values{}
	for _, each := range dataOf(aggregate.WithFields(shows...).Do(ctx))["Aggregate"].(values)[shelf].([]any) {
		row := each.(values)
		row["count"] = row["meta"].(values)["count"]
		if title, ok := row["title"].(values); ok {
			top := [][]any{}
			for _, one := range title["topOccurrences"].([]any) {
				top = append(top, []any{one.(values)["value"], one.(values)["occurs"]})
			}
			title["topOccurrences"] = top
		}
		if group, ok := row["groupedBy"].(values); ok {
			row["value"] = group["value"]
		}
		rows = append(rows, without(without(row, "meta"), "groupedBy"))
	}
	return rows
}

func without(row values, name string) values {
	delete(row, name)
	return row
}

func sorted(rows [][]any) [][]any {
	sort.Slice(rows, func(a, b int) bool { return fmt.Sprint(rows[a][0]) < fmt.Sprint(rows[b][0]) })
	return rows
}
