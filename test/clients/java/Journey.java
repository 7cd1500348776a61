// A day with the official Java client: it fills a library with every kind of write that the client has, asks
// everything that it can ask, and prints each answer as a line of JSON for the test that knows the right ones.

import io.weaviate.client6.v1.api.Authentication;
import io.weaviate.client6.v1.api.WeaviateClient;
import io.weaviate.client6.v1.api.collections.CollectionHandle;
import java.util.Map;

public final class Journey {
  public static void main(String[] arguments) throws Exception {
    var rest = Integer.parseInt(System.getenv("PORT"));
    var grpc = Integer.parseInt(System.getenv("GRPC_PORT"));
    Answer.to("without a key", Answer.statusOf(() -> WeaviateClient
        .connectToLocal(c -> c.host("127.0.0.1").port(rest).grpcPort(grpc)).close()));
    try (var client = WeaviateClient.connectToLocal(c -> c
        .host("127.0.0.1").port(rest).grpcPort(grpc)
        .authentication(Authentication.apiKey("the-key")))) {
      Collections.server(client);
      Collections.create(client);
      CollectionHandle<Map<String, Object>> books = client.collections.use(Library.BOOKS);
      Writes.batches(books);
      Writes.singleObjects(books);
      CollectionHandle<Map<String, Object>> shelf = client.collections.use(Library.SHELF);
      Collections.configuration(client, shelf);
      Reads.fetching(shelf);
      Reads.everything(shelf);
      Searches.vectors(shelf);
      Searches.nearObject(client.collections.use(Library.AUTHORS));
      Searches.texts(shelf);
      Searches.ranking(shelf);
      Filters.all(shelf);
      Aggregates.all(shelf);
      Collections.modules(shelf);
      Collections.aliases(client);
      Tenants.all(client);
      Collections.deleting(client, books);
    }
  }

  private Journey() {}
}
