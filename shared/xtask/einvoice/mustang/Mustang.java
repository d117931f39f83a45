import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mustangproject.validator.ZUGFeRDValidator;

/**
 * Judges the hybrid PDF files that standard input names, one a line, by Mustang's validator.
 * Prints a line a file: PASS or FAIL, file, the judge, what is wrong; with tabs between.
 */
public class Mustang {
  private static final Pattern FAULT = Pattern.compile("<(error|exception|fatal)[^>]*>(.*?)</\\1>", Pattern.DOTALL);

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    // It logs to standard output.
    System.setOut(new PrintStream(OutputStream.nullOutputStream()));
    for (String file : new BufferedReader(new InputStreamReader(System.in)).lines().toList()) {
      ZUGFeRDValidator validator = new ZUGFeRDValidator();
      String report = validator.validate(file);
      boolean isValid = validator.wasCompletelyValid();
      String faults = FAULT.matcher(report).results().map(fault -> fault.group(2)).collect(Collectors.joining(" | "));
      answers.println((isValid ? "PASS" : "FAIL") + "\t" + file + "\tmustang 2.25.0\t" + faults.replaceAll("\\s+", " "));
    }
    // Its threads would go on.
    System.exit(0);
  }
}
