"""What invoices need to know of customers: VAT id, references, electronic address, language, terms, e-invoices."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('parties', '0007_names_and_messages'),
    ]

    operations = [
        migrations.AddField(
            model_name='party',
            name='buyer_reference',
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name='buyer reference'),
        ),
        migrations.AddField(
            model_name='party',
            name='e_invoice',
            field=models.CharField(choices=[('none', 'None'), ('xrechnung', 'XRechnung'), ('peppol', 'Peppol BIS 3'), ('facturx', 'Factur-X (ZUGFeRD)')], db_default='none', default='none', max_length=9, verbose_name='e-invoice'),
        ),
        migrations.AddField(
            model_name='party',
            name='electronic_address_id',
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name='electronic address'),
        ),
        migrations.AddField(
            model_name='party',
            name='electronic_address_scheme',
            field=models.CharField(blank=True, max_length=4, null=True, verbose_name='scheme of the electronic address'),
        ),
        migrations.AddField(
            model_name='party',
            name='language',
            field=models.CharField(blank=True, choices=[('en', 'English'), ('uk', 'Українська'), ('de', 'Deutsch')], max_length=2, null=True, verbose_name='language of documents'),
        ),
        migrations.AddField(
            model_name='party',
            name='payment_days',
            field=models.SmallIntegerField(blank=True, null=True, verbose_name='payment days'),
        ),
        migrations.AddField(
            model_name='party',
            name='vat_id',
            field=models.CharField(blank=True, max_length=20, null=True, verbose_name='VAT id'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'customer'), models.Q(('buyer_reference', None), ('e_invoice', 'none'), ('electronic_address_scheme', None), ('language', None), ('payment_days', None), ('vat_id', None)), _connector='OR'), name='parties_party_customer_invoicing', violation_error_message='Only a customer has fields for invoices.'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('electronic_address_id', None), ('electronic_address_scheme', None)), models.Q(('electronic_address_scheme__isnull', False), ('electronic_address_scheme__regex', '^([0-9]{4}|EM)$'), models.Q(('electronic_address_id__isnull', False)), models.Q(('electronic_address_id', ''), _negated=True)), _connector='OR'), name='parties_party_electronic_address_complete', violation_error_code='electronic_address', violation_error_message='An electronic address has a scheme and an id.'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('payment_days__gte', 0), ('payment_days__lte', 365)), name='parties_party_payment_days_bounds', violation_error_code='payment_days', violation_error_message='Must be between 0 and 365.'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('language', None), ('language__in', ['en', 'uk', 'de']), _connector='OR'), name='parties_party_language_known', violation_error_code='language', violation_error_message='Is not one of the values to choose from.'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('e_invoice__in', ['none', 'xrechnung', 'peppol', 'facturx'])), name='parties_party_e_invoice_known', violation_error_code='e_invoice', violation_error_message='Is not one of the values to choose from.'),
        ),
    ]
