package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/weaviate/weaviate/entities/models"
)

const (
	authors   = "Author"
	books     = "Book"
	shelf     = "Shelf"
	bookCount = 24
)

var (
	words  = []string{"red fox", "blue whale", "green tree", "red rose"}
	things = []string{"river", "mountain", "forest", "desert", "island", "city"}
	genres = []string{"novel", "poems", "travel"}
)

func idOf(kind string, n int) string {
	return uuid.NewSHA1(uuid.NameSpaceDNS, fmt.Appendf(nil, "%s %d", kind, n)).String()
}

func authorID(n int) string { return idOf("author", n) }
func bookID(n int) string   { return idOf("book", n) }

// Turns by the same small angle from book to book.
func plain(n int) []float32 { return []float32{1, float32(n) / 8, 0.25} }

func tokens(n int) [][]float32 {
	return [][]float32{{1, float32(n) / 8}, {0.5, float32(n%4) / 4}}
}

func vectors(n int) models.Vectors {
	return models.Vectors{"plain": plain(n), "tokens": tokens(n)}
}

func month(n int) time.Time {
	return time.Date(2000+n/12, time.Month(1+n%12), 1, 0, 0, 0, 0, time.UTC)
}

func book(n int) map[string]any {
	properties := map[string]any{
		"n":         n,
		"title":     words[n%4] + " and " + things[n%6],
		"price":     5 + float64(n)/4,
		"published": month(n).Format(time.RFC3339),
		"genres":    []string{genres[n%3], "all"},
		"inStock":   n%2 == 0,
		"isbn":      idOf("isbn", n),
		"shop":      map[string]any{"latitude": 50 + float64(n)/4, "longitude": 13.0},
		"details":   map[string]any{"publisher": fmt.Sprintf("house %d", n%2), "edition": n % 3},
		"reviews": []any{
			map[string]any{"stars": 1 + n%5, "text": "good"},
			map[string]any{"stars": 3, "text": "fair"},
		},
	}
	if n%4 == 0 {
		properties["note"] = "signed"
		properties["phone"] = map[string]any{"input": "+441612345000"}
	}
	return properties
}

func beaconOf(collection, id string) map[string]string {
	return map[string]string{"beacon": "weaviate://localhost/" + collection + "/" + id}
}
