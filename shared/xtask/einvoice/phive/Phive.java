import com.helger.diagnostics.error.IError;
import com.helger.diagnostics.error.level.EErrorLevel;
import com.helger.diver.api.coord.DVRCoordinate;
import com.helger.io.resource.FileSystemResource;
import com.helger.phive.api.execute.ValidationExecutionManager;
import com.helger.phive.api.executorset.ValidationExecutorSetRegistry;
import com.helger.phive.api.validity.IValidityDeterminator;
import com.helger.phive.en16931.EN16931Validation;
import com.helger.phive.peppol.PeppolValidation;
import com.helger.phive.xml.source.IValidationSourceXML;
import com.helger.phive.xml.source.ValidationSourceXML;
import com.helger.phive.xrechnung.XRechnungValidation;
import com.helger.phive.zugferd.ZugferdValidation;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Judges the XML files that standard input names, one a line, by schema, EN 16931, XRechnung, Peppol and Factur-X.
 * Prints a line a file and rule set: PASS or FAIL, file, rule set, what is wrong; with tabs between.
 */
public class Phive {
  private static final ValidationExecutorSetRegistry<IValidationSourceXML> RULES = new ValidationExecutorSetRegistry<>();

  public static void main(String[] arguments) throws Exception {
    EN16931Validation.initEN16931(RULES);
    PeppolValidation.initStandard(RULES);
    XRechnungValidation.initXRechnung(RULES);
    ZugferdValidation.initZugferd(RULES);
    List<String> files = new BufferedReader(new InputStreamReader(System.in)).lines().toList();
    files.parallelStream().forEach(Phive::judge);
  }

  private static void judge(String file) {
    try {
      for (String rules : rulesOf(file, Files.readString(Path.of(file)))) {
        print(file, rules, faults(file, rules));
      }
    } catch (Exception exception) {
      print(file, "phive", List.of("CRASH " + exception));
    }
  }

  private static List<String> faults(String file, String rules) {
    var executors = RULES.getOfID(DVRCoordinate.parseOrNull(rules));
    if (executors == null) {
      return List.of("CRASH no such rules: " + rules);
    }
    var source = ValidationSourceXML.create(new FileSystemResource(file));
    var results = ValidationExecutionManager.executeValidation(
        IValidityDeterminator.createDefault(), executors, source, Locale.UK);
    List<String> faults = new ArrayList<>();
    for (var result : results) {
      for (IError error : result.getErrorList()) {
        if (error.getErrorLevel().isGE(EErrorLevel.ERROR)) {
          faults.add(error.getErrorID() + " " + error.getErrorText(Locale.UK));
        }
      }
    }
    return faults;
  }

  /** The rules of the format that the file's name ends in: NAME.FORMAT.xml. */
  private static List<String> rulesOf(String file, String xml) {
    boolean isCii = xml.contains("CrossIndustryInvoice");
    boolean isCreditNote = !isCii && xml.contains("<CreditNote ");
    String kind = isCreditNote ? "creditnote" : "invoice";
    String norm = "eu.cen.en16931:" + (isCii ? "cii" : isCreditNote ? "ubl-creditnote" : "ubl") + ":1.3.16";
    if (xml.contains("xeinkauf.de:kosit:xrechnung_3.0")) {
      return List.of(norm, "de.xrechnung:" + (isCii ? "cii" : "ubl-" + kind) + ":3.0.2");
    }
    if (xml.contains("poacc:selfbilling:3.0")) {
      return List.of(norm, "eu.peppol.bis3:" + kind + "-self-billing:2026.5");
    }
    if (xml.contains("poacc:billing:3.0")) {
      return List.of(norm, "eu.peppol.bis3:" + kind + ":2026.5");
    }
    if (file.contains(".factur-x")) {
      // Its rules are those of the norm, too, in a later edition of the schema.
      String profile = xml.contains("factur-x.eu:1p0:basic") ? "basic"
          : xml.contains("factur-x.eu:1p0:extended") ? "extended" : "en16931";
      return List.of("fr.factur-x:" + profile + ":1.0.8");
    }
    return List.of(norm);
  }

  private static synchronized void print(String file, String rules, List<String> faults) {
    String all = String.join(" | ", faults).replaceAll("\\s+", " ");
    System.out.println((faults.isEmpty() ? "PASS" : "FAIL") + "\t" + file + "\t" + rules + "\t" + all);
  }
}
