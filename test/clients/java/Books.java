import io.weaviate.client6.v1.api.collections.GeoCoordinates;
import io.weaviate.client6.v1.api.collections.PhoneNumber;
import io.weaviate.client6.v1.api.collections.Vectors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The books of the library: what each is. */
final class Books {
  static final String AUTHORS = "Author";
  static final String BOOKS = "Book";
  static final String SHELF = "Shelf";
  static final int COUNT = 24;

  static final List<String> WORDS = List.of("red fox", "blue whale", "green tree", "red rose");
  private static final List<String> THINGS =
      List.of("river", "mountain", "forest", "desert", "island", "city");
  private static final List<String> GENRES = List.of("novel", "poems", "travel");

  /** Version 5 of a name, in the namespace of domains. */
  static String id(String kind, int n) {
    var namespace = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    var bytes = ByteBuffer.allocate(64);
    bytes.putLong(namespace.getMostSignificantBits()).putLong(namespace.getLeastSignificantBits());
    bytes.put((kind + " " + n).getBytes(StandardCharsets.UTF_8)).flip();
    try {
      var sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(bytes);
      var hash = ByteBuffer.wrap(sha1.digest());
      var high = (hash.getLong() & ~0xf000L) | 0x5000L;
      var low = (hash.getLong() & ~(3L << 62)) | (1L << 63);
      return new UUID(high, low).toString();
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException(missing);
    }
  }

  static String authorId(int n) {
    return id("author", n);
  }

  static String bookId(int n) {
    return id("book", n);
  }

  /** Turns by the same small angle from book to book. */
  static float[] plain(int n) {
    return new float[] {1, n / 8f, 0.25f};
  }

  static float[][] tokens(int n) {
    return new float[][] {{1, n / 8f}, {0.5f, (n % 4) / 4f}};
  }

  static Vectors[] vectors(int n) {
    return new Vectors[] {Vectors.of("plain", plain(n)), Vectors.of("tokens", tokens(n))};
  }

  static OffsetDateTime month(int n) {
    return OffsetDateTime.of(2000 + n / 12, 1 + n % 12, 1, 0, 0, 0, 0, ZoneOffset.UTC);
  }

  static Map<String, Object> book(int n) {
    var book = new HashMap<String, Object>();
    book.put("n", n);
    book.put("title", WORDS.get(n % 4) + " and " + THINGS.get(n % 6));
    book.put("price", 5 + n / 4.0);
    book.put("published", month(n));
    book.put("genres", List.of(GENRES.get(n % 3), "all"));
    book.put("inStock", n % 2 == 0);
    book.put("isbn", UUID.fromString(id("isbn", n)));
    book.put("shop", new GeoCoordinates(50 + n / 4f, 13f));
    book.put("details", Map.of("publisher", "house " + n % 2, "edition", n % 3));
    book.put("reviews", List.of(Map.of("stars", 1 + n % 5, "text", "good"), Map.of("stars", 3, "text", "fair")));
    if (n % 4 == 0) {
      book.put("note", "signed");
      book.put("phone", PhoneNumber.international("+441612345000"));
    }
    return book;
  }

  private Books() {}
}
