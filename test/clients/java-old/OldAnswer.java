import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers as lines of JSON: numbers to five places, without what is absent. */
final class OldAnswer {
  private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  static void to(String question, Object value) {
    var line = new LinkedHashMap<String, Object>();
    line.put("question", question);
    line.put("answer", shown(GSON.fromJson(GSON.toJson(value), Object.class)));
    System.out.println(GSON.toJson(line));
  }

  private static Object shown(Object value) {
    if (value instanceof Double number) return Math.round(number * 1e5) / 1e5 + 0.0;
    if (value instanceof List<?> list) return list.stream().map(OldAnswer::shown).toList();
    if (value instanceof Map<?, ?> map) {
      var shown = new LinkedHashMap<Object, Object>();
      map.forEach((name, each) -> {
        if (each != null) shown.put(name, shown(each));
      });
      return shown;
    }
    return value;
  }

  private OldAnswer() {}
}
