import com.google.gson.GsonBuilder;
import io.weaviate.client6.v1.api.WeaviateApiException;
import io.weaviate.client6.v1.api.collections.GeoCoordinates;
import io.weaviate.client6.v1.api.collections.PhoneNumber;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers as lines of JSON: numbers to five places, dates in UTC, without what is absent. */
final class Answer {
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'");

  static void to(String question, Object value) {
    var line = new LinkedHashMap<String, Object>();
    line.put("question", question);
    line.put("answer", shown(value));
    System.out.println(new GsonBuilder().serializeNulls().disableHtmlEscaping().create().toJson(line));
  }

  interface Call {
    void run() throws Exception;
  }

  /** The status of a refusal; 0 when there is none. */
  static int statusOf(Call call) throws Exception {
    try {
      call.run();
      return 0;
    } catch (WeaviateApiException refusal) {
      return refusal.httpStatusCode();
    }
  }

  private static Object shown(Object value) {
    if (value instanceof Float || value instanceof Double) {
      return Math.round(((Number) value).doubleValue() * 1e5) / 1e5 + 0.0;
    }
    if (value instanceof float[] vector) {
      var list = new ArrayList<Object>();
      for (var each : vector) list.add(shown(each));
      return list;
    }
    if (value instanceof float[][] rows) {
      return shown(List.of((Object[]) rows));
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Answer::shown).toList();
    }
    if (value instanceof Map<?, ?> map) {
      var shown = new LinkedHashMap<Object, Object>();
      map.forEach((name, each) -> {
        if (each != null) shown.put(name, shown(each));
      });
      return shown;
    }
    if (value instanceof OffsetDateTime date) {
      return date.withOffsetSameInstant(ZoneOffset.UTC).format(DATE);
    }
    if (value instanceof GeoCoordinates place) {
      return shown(Map.of("latitude", place.latitude(), "longitude", place.longitude()));
    }
    if (value instanceof PhoneNumber phone) {
      return List.of(phone.national(), phone.internationalFormatted(), phone.valid());
    }
    return value;
  }

  private Answer() {}
}
