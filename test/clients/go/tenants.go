package main

import (
	"sort"

	"github.com/go-openapi/strfmt"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"
)

const notes = "Note"

// Three tenants with notes of their own, whose ids are the same.
func (day *journey) tenants() {
	schema := day.client.Schema()
	class := &models.Class{
		Class: notes,
		Properties: []*models.Property{
			{Name: "n", DataType: []string{"int"}},
			{Name: "text", DataType: []string{"text"}},
			{Name: "writtenBy", DataType: []string{authors}},
		},
		VectorConfig: map[string]models.VectorConfig{"tokens": {
			Vectorizer:        none,
			VectorIndexType:   "hnsw",
			VectorIndexConfig: map[string]any{"multivector": map[string]any{"enabled": true}},
		}},
		MultiTenancyConfig: &models.MultiTenancyConfig{Enabled: true},
	}
	check(schema.ClassCreator().WithClass(class).Do(ctx))
	check(schema.TenantsCreator().WithClassName(notes).WithTenants(
		models.Tenant{Name: "anna"},
		models.Tenant{Name: "ben", ActivityStatus: models.TenantActivityStatusACTIVE},
		models.Tenant{Name: "cleo", ActivityStatus: models.TenantActivityStatusINACTIVE},
	).Do(ctx))
	answer("tenants", day.tenantStates())
	day.tenantNotes()
	day.tenantSearches()
	day.tenantChanges()
	class = must(schema.ClassGetter().WithClassName(notes).Do(ctx))
	class.MultiTenancyConfig.AutoTenantCreation = true
	check(schema.ClassUpdater().WithClass(class).Do(ctx))
	must(day.note("dora", 9))
	answer("tenants: made by an insertion", day.tenantCount("dora"))
	check(schema.TenantsDeleter().WithClassName(notes).WithTenants("ben", "cleo").Do(ctx))
	answer("tenants: deleted", day.tenantStates())
	check(schema.ClassDeleter().WithClassName(notes).Do(ctx))
}

func (day *journey) tenantStates() [][]string {
	states := [][]string{}
	for _, tenant := range must(day.client.Schema().TenantsGetter().WithClassName(notes).Do(ctx)) {
		states = append(states, []string{tenant.Name, tenant.ActivityStatus})
	}
	sort.Slice(states, func(a, b int) bool { return states[a][0] < states[b][0] })
	return states
}

func noteOf(tenant string, n int) map[string]any {
	return map[string]any{"n": n, "text": words[n%4] + " of " + tenant}
}

func (day *journey) note(tenant string, n int) (any, error) {
	return day.client.Data().Creator().WithClassName(notes).WithTenant(tenant).WithID(bookID(n)).
		WithProperties(noteOf(tenant, n)).WithVectors(models.Vectors{"tokens": tokens(n)}).Do(ctx)
}

// Four notes of anna in a batch, one of ben; cleo is asleep, and nobody has none.
func (day *journey) tenantNotes() {
	batch := []*models.Object{}
	for n := range 4 {
		batch = append(batch, &models.Object{
			Class: notes, Tenant: "anna", ID: strfmt.UUID(bookID(n)),
			Properties: noteOf("anna", n), Vectors: models.Vectors{"tokens": tokens(n)},
		})
	}
	batch = append(batch, &models.Object{Class: notes, Tenant: "cleo", Properties: noteOf("cleo", 0)})
	failed := 0
	for _, each := range must(day.client.Batch().ObjectsBatcher().WithObjects(batch...).Do(ctx)) {
		if each.Result != nil && each.Result.Errors != nil {
			failed++
		}
	}
	answer("tenants: failures of a batch", failed)
	must(day.note("ben", 1))
	_, err := day.note("cleo", 1)
	asleep := statusOf(err)
	_, err = day.note("", 1)
	missing := statusOf(err)
	_, err = day.note("nobody", 1)
	answer("tenants: refused", []int{asleep, missing, statusOf(err)})
	reference := day.client.Batch().ReferencePayloadBuilder().WithFromClassName(notes).WithFromID(bookID(1)).
		WithFromRefProp("writtenBy").WithToClassName(authors).WithToID(authorID(1)).WithTenant("anna").Payload()
	added := must(day.client.Batch().ReferencesBatcher().WithReferences(reference).Do(ctx))[0]
	answer("tenants: reference in a batch", added.Result.Errors == nil)
}

func (day *journey) tenantSearches() {
	api := day.client.GraphQL()
	texts := func(tenant string, with func(*graphql.GetBuilder) *graphql.GetBuilder) []any {
		search := api.Get().WithClassName(notes).WithTenant(tenant).WithFields(fields("text")...)
		list := []any{}
		for _, hit := range dataOf(with(search).Do(ctx))["Get"].(values)[notes].([]any) {
			list = append(list, hit.(values)["text"])
		}
		return list
	}
	each := map[string]func(*graphql.GetBuilder) *graphql.GetBuilder{
		"near tokens": func(get *graphql.GetBuilder) *graphql.GetBuilder {
			return get.WithNearVector(api.NearVectorArgBuilder().WithVector(tokens(1))).WithLimit(2)
		},
		"keywords": func(get *graphql.GetBuilder) *graphql.GetBuilder {
			return get.WithBM25(api.Bm25ArgBuilder().WithQuery("whale"))
		},
		"hybrid": func(get *graphql.GetBuilder) *graphql.GetBuilder {
			return get.WithHybrid(api.HybridArgumentBuilder().WithQuery("whale").WithVector(tokens(1))).WithLimit(1)
		},
		"filter": func(get *graphql.GetBuilder) *graphql.GetBuilder {
			return get.WithWhere(property("n").WithOperator(filters.LessThan).WithValueInt(2))
		},
		"reference": func(get *graphql.GetBuilder) *graphql.GetBuilder {
			return get.WithWhere(property("writtenBy", authors, "born").WithOperator(filters.Equal).WithValueInt(1901))
		},
	}
	for name, with := range each {
		answer("tenants: "+name, [][]any{texts("anna", with), texts("ben", with)})
	}
	found := []int{}
	for _, tenant := range []string{"anna", "ben"} {
		search := day.client.Experimental().Search().WithCollection(notes).WithTenant(tenant).
			WithNearVector(api.NearVectorArgBuilder().WithVector(tokens(1)).WithTargetVectors("tokens"))
		found = append(found, len(must(search.Do(ctx))))
	}
	answer("tenants: over gRPC", found)
	answer("tenants: aggregate", []any{day.tenantCount("anna"), day.tenantCount("ben")})
	listed := must(day.client.Data().ObjectsGetter().WithClassName(notes).WithTenant("anna").Do(ctx))
	answer("tenants: list", []any{len(listed), listed[0].Tenant})
}

func (day *journey) tenantCount(tenant string) any {
	count := day.client.GraphQL().Aggregate().WithClassName(notes).WithTenant(tenant).
		WithFields(within("meta", fields("count")...))
	found := dataOf(count.Do(ctx))["Aggregate"].(values)[notes].([]any)
	return found[0].(values)["meta"].(values)["count"]
}

// What is changed for one is as it was for the other; who sleeps keeps what is there.
func (day *journey) tenantChanges() {
	data := day.client.Data()
	check(data.Updater().WithMerge().WithClassName(notes).WithTenant("ben").WithID(bookID(1)).
		WithProperties(map[string]any{"text": "changed"}).Do(ctx))
	texts := []any{}
	for _, tenant := range []string{"anna", "ben"} {
		one := must(data.ObjectsGetter().WithClassName(notes).WithTenant(tenant).WithID(bookID(1)).Do(ctx))[0]
		texts = append(texts, one.Properties.(map[string]any)["text"])
	}
	answer("tenants: merged", texts)
	setState := func(state string) {
		check(day.client.Schema().TenantsUpdater().WithClassName(notes).
			WithTenants(models.Tenant{Name: "anna", ActivityStatus: state}).Do(ctx))
	}
	setState(models.TenantActivityStatusINACTIVE)
	_, err := data.ObjectsGetter().WithClassName(notes).WithTenant("anna").WithID(bookID(1)).Do(ctx)
	answer("tenants: asleep", statusOf(err))
	setState(models.TenantActivityStatusACTIVE)
	check(data.Deleter().WithClassName(notes).WithTenant("anna").WithID(bookID(0)).Do(ctx))
	few := property("n").WithOperator(filters.LessThan).WithValueInt(2)
	gone := must(day.client.Batch().ObjectsBatchDeleter().WithClassName(notes).WithTenant("anna").WithWhere(few).Do(ctx))
	answer("tenants: awake", []any{gone.Results.Successful, day.tenantCount("anna"), day.tenantCount("ben")})
	exists := day.client.Schema().TenantsExists().WithClassName(notes)
	answer("tenants: exist", []bool{must(exists.WithTenant("ben").Do(ctx)), must(exists.WithTenant("nobody").Do(ctx))})
}
