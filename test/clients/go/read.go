package main

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"
)

func number(text string) float64 {
	return must(strconv.ParseFloat(text, 64))
}

func (day *journey) configuration() {
	schema := day.client.Schema()
	class := must(schema.ClassGetter().WithClassName(shelf).Do(ctx))
	properties := []string{}
	references := [][]any{}
	for _, property := range class.Properties {
		if isReference := strings.ToUpper(property.DataType[0][:1]) == property.DataType[0][:1]; isReference {
			references = append(references, []any{property.Name, len(property.DataType)})
		} else {
			properties = append(properties, property.Name)
		}
	}
	vectorNames := []string{}
	for name := range class.VectorConfig {
		vectorNames = append(vectorNames, name)
	}
	sort.Strings(vectorNames)
	inverted := class.InvertedIndexConfig
	tokens := class.VectorConfig["tokens"].VectorIndexConfig.(values)["multivector"].(values)
	answer("collection", []any{class.Class == books, properties})
	answer("references", references)
	answer("vectors", vectorNames)
	answer("settings", []any{
		class.Description, *class.Properties[0].IndexRangeFilters, class.Properties[2].Tokenization,
		inverted.Bm25.K1, inverted.Bm25.B, inverted.IndexNullState, inverted.IndexPropertyLength,
		inverted.IndexTimestamps, tokens["enabled"], tokens["aggregation"],
		len(class.Properties[10].NestedProperties),
	})
	class.Description = "what stands on the shelf now"
	class.InvertedIndexConfig.Bm25.B = 0.75
	check(schema.ClassUpdater().WithClass(class).Do(ctx))
	dump := must(schema.Getter().Do(ctx))
	for _, each := range dump.Classes {
		if each.Class == books {
			answer("changed", []any{len(dump.Classes), each.Description})
		}
	}
	aliased := must(day.client.Alias().Getter().WithClassName(books).Do(ctx))
	answer("aliases", []bool{aliased[0].Alias == shelf})
	shards := must(schema.ShardsGetter().WithClassName(books).Do(ctx))
	answer("shards", []string{shards[0].Status})
	answer("length", day.length())
}

func (day *journey) length() any {
	count := day.client.GraphQL().Aggregate().WithClassName(shelf).WithFields(within("meta", fields("count")...))
	found := dataOf(count.Do(ctx))["Aggregate"].(values)[shelf].([]any)
	return found[0].(values)["meta"].(values)["count"]
}

func (day *journey) fetching() {
	getter := day.client.Data().ObjectsGetter().WithClassName(books)
	one := must(getter.WithID(bookID(4)).Do(ctx))[0].Properties.(map[string]any)
	phone := one["phone"].(map[string]any)
	one["phone"] = []any{phone["national"], phone["internationalFormatted"], phone["valid"]}
	delete(one, "writtenBy")
	delete(one, "seeAlso")
	answer("by id", one)
	_, err := day.client.Data().ObjectsGetter().WithClassName(books).WithID(authorID(0)).Do(ctx)
	answer("by id, nothing there", statusOf(err))
	five := must(day.client.Data().ObjectsGetter().WithClassName(books).WithID(bookID(5)).WithVector().Do(ctx))[0]
	answer("vectors by name", models.Vectors{"plain": five.Vectors["plain"], "tokens": five.Vectors["tokens"]})
	answer("cursor", len(numbers(day.get().WithLimit(5).WithAfter(bookID(0)))))
	page := must(day.client.Data().ObjectsGetter().WithClassName(books).WithLimit(5).WithOffset(21).Do(ctx))
	answer("page over REST", len(page))
	byNumber := graphql.Sort{Path: []string{"n"}, Order: graphql.Asc}
	few := hits(day.get().WithLimit(3).WithSort(byNumber), fields("title")[0], within("details", fields("edition")...))
	answer("chosen properties", few)
	answer("sorted by several", numbers(day.get().WithLimit(8).WithOffset(16).WithSort(
		graphql.Sort{Path: []string{"note"}, Order: graphql.Asc},
		graphql.Sort{Path: []string{"price"}, Order: graphql.Desc},
	)))
	linked := hits(day.get().WithSort(byNumber).WithWhere(property("n").WithOperator(filters.LessThan).WithValueInt(4)),
		fields("n")[0],
		within("writtenBy", within("... on "+authors, fields("name")...)),
		within("seeAlso", within("... on "+books, fields("n")...)),
	)
	shownLinks := [][]any{}
	for _, hit := range linked {
		links := values{}
		for _, name := range []string{"writtenBy", "seeAlso"} {
			// Those that lead to other collections are there without anything in them.
			for _, target := range asList(hit[name]) {
				if len(target.(values)) > 0 {
					links[name] = append(asList(links[name]), target)
				}
			}
		}
		shownLinks = append(shownLinks, []any{hit["n"], links})
	}
	answer("references in answers", shownLinks)
	day.everything()
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

// Everything, seven by seven with the cursor.
func (day *journey) everything() {
	seen := []int{}
	sizes := []int{}
	for after := ""; ; {
		page := day.get().WithLimit(7)
		if after != "" {
			page.WithAfter(after)
		}
		found := hits(page, fields("n")[0], fields("title")[0],
			within("_additional", fields("id")[0], within("vectors", fields("plain")...)))
		if len(found) == 0 {
			break
		}
		for _, hit := range found {
			shows := hit["_additional"].(values)
			after = shows["id"].(string)
			seen = append(seen, int(hit["n"].(float64)))
			if size := len(hit) + len(shows["vectors"].(values)); !slices.Contains(sizes, size) {
				sizes = append(sizes, size)
			}
		}
	}
	sort.Ints(seen)
	answer("iterator", seen)
	// Beside the title: the number, and what is additional.
	answer("iterator, chosen", []int{len(sizes), sizes[0] - 2})
	two := day.client.GraphQL().MultiClassGet().
		AddQueryClass(graphql.NewQueryClassBuilder(books).WithFields(fields("n")...).WithLimit(2)).
		AddQueryClass(graphql.NewQueryClassBuilder(authors).WithFields(fields("born")...).WithLimit(3))
	found := dataOf(two.Do(ctx))["Get"].(values)
	answer("two collections at once", []int{len(found[books].([]any)), len(found[authors].([]any))})
	raw := dataOf(day.client.GraphQL().Raw().WithQuery("{Get{Book(limit:1){title}}}").Do(ctx))
	answer("a query in words", len(raw["Get"].(values)[books].([]any)))
	refused := must(day.client.GraphQL().Get().WithClassName("Nowhere").WithFields(fields("n")...).Do(ctx))
	answer("a collection that is not there", len(refused.Errors) > 0)
}
