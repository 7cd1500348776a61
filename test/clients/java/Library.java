import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;

/** The books of the library, whatever client brings them. */
final class Library {
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

  static String title(int n) {
    return WORDS.get(n % 4) + " and " + THINGS.get(n % 6);
  }

  static List<String> genres(int n) {
    return List.of(GENRES.get(n % 3), "all");
  }

  /** Turns by the same small angle from book to book. */
  static float[] plain(int n) {
    return new float[] {1, n / 8f, 0.25f};
  }

  static float[][] tokens(int n) {
    return new float[][] {{1, n / 8f}, {0.5f, (n % 4) / 4f}};
  }

  static OffsetDateTime month(int n) {
    return OffsetDateTime.of(2000 + n / 12, 1 + n % 12, 1, 0, 0, 0, 0, ZoneOffset.UTC);
  }

  private Library() {}
}
