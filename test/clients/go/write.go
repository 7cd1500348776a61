package main

import (
	"strings"

	"github.com/go-openapi/strfmt"
	"github.com/weaviate/weaviate-go-client/v5/weaviate"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/alias"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/schema"
	"github.com/weaviate/weaviate/entities/models"
)

func (day *journey) server() {
	misc := day.client.Misc()
	answer("ready and live", []bool{must(misc.ReadyChecker().Do(ctx)), must(misc.LiveChecker().Do(ctx))})
	meta := must(misc.MetaGetter().Do(ctx))
	status := must(day.client.Cluster().NodesStatusGetter().WithOutput("verbose").Do(ctx))
	node := status.Nodes[0]
	answer("node", []any{len(status.Nodes), *node.Status, node.Version == meta.Version})
}

var none = map[string]any{"none": map[string]any{}}

func (day *journey) collections() {
	creator := func() *schema.ClassCreator { return day.client.Schema().ClassCreator() }
	check(creator().WithClass(&models.Class{
		Class: authors,
		Properties: []*models.Property{
			{Name: "name", DataType: []string{"text"}},
			{Name: "born", DataType: []string{"int"}},
		},
		Vectorizer: "none",
	}).Do(ctx))
	check(creator().WithClass(bookCollection()).Do(ctx))
	check(day.client.Alias().AliasCreator().WithAlias(&alias.Alias{Alias: shelf, Class: books}).Do(ctx))
	check(day.client.Schema().PropertyCreator().WithClassName(books).WithProperty(&models.Property{
		Name:     "seeAlso",
		DataType: []string{authors, books},
	}).Do(ctx))
	err := creator().WithClass(&models.Class{Class: books}).Do(ctx)
	answer("a second collection of a name", statusOf(err))
	exists := day.client.Schema().ClassExistenceChecker()
	answer("collection exists", must(exists.WithClassName(books).Do(ctx)))
	for n := range 4 {
		must(day.client.Data().Creator().WithClassName(authors).WithID(authorID(n)).
			WithProperties(map[string]any{"name": "author " + string(rune('0'+n)), "born": 1900 + n}).
			WithVector([]float32{1, float32(n)}).Do(ctx))
	}
}

func bookCollection() *models.Class {
	yes := true
	return &models.Class{
		Class:       books,
		Description: "what stands on the shelf",
		Properties: []*models.Property{
			{Name: "n", DataType: []string{"int"}, IndexRangeFilters: &yes},
			{Name: "title", DataType: []string{"text"}},
			{Name: "note", DataType: []string{"text"}, Tokenization: models.PropertyTokenizationField},
			{Name: "price", DataType: []string{"number"}},
			{Name: "published", DataType: []string{"date"}},
			{Name: "genres", DataType: []string{"text[]"}, Tokenization: models.PropertyTokenizationField},
			{Name: "inStock", DataType: []string{"boolean"}},
			{Name: "isbn", DataType: []string{"uuid"}},
			{Name: "shop", DataType: []string{"geoCoordinates"}},
			{Name: "phone", DataType: []string{"phoneNumber"}},
			{Name: "details", DataType: []string{"object"}, NestedProperties: []*models.NestedProperty{
				{Name: "publisher", DataType: []string{"text"}},
				{Name: "edition", DataType: []string{"int"}},
			}},
			{Name: "reviews", DataType: []string{"object[]"}, NestedProperties: []*models.NestedProperty{
				{Name: "stars", DataType: []string{"int"}},
				{Name: "text", DataType: []string{"text"}},
			}},
			{Name: "writtenBy", DataType: []string{authors}},
		},
		VectorConfig: map[string]models.VectorConfig{
			"plain": {Vectorizer: none, VectorIndexType: "hnsw"},
			"tokens": {
				Vectorizer:        none,
				VectorIndexType:   "hnsw",
				VectorIndexConfig: map[string]any{"multivector": map[string]any{"enabled": true}},
			},
			"meaning": {
				Vectorizer: map[string]any{"text2vec-transformers": map[string]any{
					"properties":         []string{"title"},
					"vectorizeClassName": true,
				}},
				VectorIndexType: "hnsw",
			},
		},
		InvertedIndexConfig: &models.InvertedIndexConfig{
			Bm25:                &models.BM25Config{K1: 1.2, B: 0.75},
			IndexNullState:      true,
			IndexPropertyLength: true,
			IndexTimestamps:     true,
		},
		ModuleConfig: map[string]any{
			"reranker-dummy":   map[string]any{},
			"generative-dummy": map[string]any{},
		},
	}
}

// Batches of eight over gRPC, then over REST, each with an object and a reference that fail.
func (day *journey) batches() {
	for kind, client := range []*weaviate.Client{day.client, day.restClient} {
		objects := []*models.Object{}
		references := []*models.BatchReference{}
		reference := func(property, from, to string) {
			references = append(references, client.Batch().ReferencePayloadBuilder().
				WithFromClassName(books).WithFromRefProp(property).WithFromID(from).
				WithToClassName(authors).WithToID(to).Payload())
		}
		for n := kind * 8; n < kind*8+8; n++ {
			objects = append(objects, &models.Object{
				Class:      books,
				ID:         strfmt.UUID(bookID(n)),
				Properties: book(n),
				Vectors:    vectors(n),
			})
			reference("writtenBy", bookID(n), authorID(n%4))
		}
		objects = append(objects, &models.Object{Class: books, Properties: map[string]any{"n": "no number"}})
		reference("nowhere", bookID(0), authorID(0))
		failed := []string{}
		for _, each := range must(client.Batch().ObjectsBatcher().WithObjects(objects...).Do(ctx)) {
			if each.Result != nil && each.Result.Errors != nil {
				failed = append(failed, each.Result.Errors.Error[0].Message)
			}
		}
		badReferences := 0
		for _, each := range must(client.Batch().ReferencesBatcher().WithReferences(references...).Do(ctx)) {
			if each.Result.Errors != nil {
				badReferences++
			}
		}
		answer("failures of "+[]string{"gRPC", "REST"}[kind], []any{
			len(failed), strings.Contains(strings.Join(failed, ""), "'n'"), badReferences,
		})
	}
}

// The other books one by one, their references in every way, and what is written over and deleted again.
func (day *journey) singleObjects() {
	data := day.client.Data()
	target := func(collection, id string) *models.SingleRef {
		return data.ReferencePayloadBuilder().WithClassName(collection).WithID(id).Payload()
	}
	add := func(from int, property, collection, id string) {
		check(data.ReferenceCreator().WithClassName(books).WithID(bookID(from)).
			WithReferenceProperty(property).WithReference(target(collection, id)).Do(ctx))
	}
	for n := 16; n < bookCount; n++ {
		properties := book(n)
		properties["writtenBy"] = []map[string]string{beaconOf(authors, authorID(0))}
		must(data.Creator().WithClassName(books).WithID(bookID(n)).
			WithProperties(properties).WithVectors(vectors(n)).Do(ctx))
		check(data.ReferenceReplacer().WithClassName(books).WithID(bookID(n)).
			WithReferenceProperty("writtenBy").
			WithReferences(&models.MultipleRef{target(authors, authorID(n%4))}).Do(ctx))
	}
	for n := 1; n < 6; n++ {
		add(n, "seeAlso", books, bookID(0))
	}
	add(1, "seeAlso", authors, authorID(1))
	add(2, "seeAlso", authors, authorID(2))
	check(data.ReferenceDeleter().WithClassName(books).WithID(bookID(5)).
		WithReferenceProperty("seeAlso").WithReference(target(books, bookID(0))).Do(ctx))

	check(data.Updater().WithMerge().WithClassName(books).WithID(bookID(3)).
		WithProperties(map[string]any{"price": 0.5, "note": "cheap"}).
		WithVectors(models.Vectors{"plain": []float32{9, 9, 9}}).Do(ctx))
	merged := must(data.ObjectsGetter().WithClassName(books).WithID(bookID(3)).WithVector().Do(ctx))[0]
	properties := merged.Properties.(map[string]any)
	answer("merged", []any{
		properties["note"], properties["price"], properties["title"],
		merged.Vectors["plain"], merged.Vectors["tokens"],
	})
	replacement := book(3)
	replacement["writtenBy"] = []map[string]string{beaconOf(authors, authorID(3))}
	check(data.Updater().WithClassName(books).WithID(bookID(3)).
		WithProperties(replacement).WithVectors(vectors(3)).Do(ctx))
	add(3, "seeAlso", books, bookID(0))
	day.deletedAgain()
}

func (day *journey) deletedAgain() {
	data := day.client.Data()
	exists := func(id strfmt.UUID) bool {
		return must(data.Checker().WithClassName(books).WithID(id.String()).Do(ctx))
	}
	var own strfmt.UUID
	for n := range 6 {
		spare := map[string]any{"n": 100 + n, "title": "spare"}
		own = must(data.Creator().WithClassName(books).WithProperties(spare).Do(ctx)).Object.ID
	}
	_, err := data.Creator().WithClassName(books).WithID(own.String()).WithProperties(book(0)).Do(ctx)
	answer("a second object of an id", statusOf(err))
	err = data.Validator().WithClassName(books).WithID(own.String()).
		WithProperties(map[string]any{"n": "no number"}).Do(ctx)
	answer("an object that is not valid", statusOf(err))
	answer("exists", exists(own))
	check(data.Deleter().WithClassName(books).WithID(own.String()).Do(ctx))
	answer("exists no more", exists(own))
	for _, dry := range []bool{true, false} {
		spares := filters.Where().WithPath([]string{"n"}).WithOperator(filters.GreaterThanEqual).WithValueInt(100)
		done := must(day.client.Batch().ObjectsBatchDeleter().WithClassName(shelf).WithWhere(spares).
			WithOutput("verbose").WithDryRun(dry).Do(ctx)).Results
		question := map[bool]string{true: "deleting, dry", false: "deleting"}[dry]
		answer(question, []any{done.Matches, done.Successful, done.Failed, len(done.Objects)})
	}
}
